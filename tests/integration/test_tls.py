"""The database over TLS: a server that our authority vouches for is spoken to, any other is not."""

import datetime as dt
import shutil
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from hub.store.database import Store
from workers.drill.services import Postgres, ServiceUnavailable

NOW = dt.datetime.now(dt.UTC)


class Authority:
    """A throw-away certificate authority."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        built = self._build(self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        self.pem = built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _build(self, name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(NOW - dt.timedelta(hours=1))
        return made.not_valid_after(NOW + dt.timedelta(days=1))

    def vouch(self, address: str) -> tuple[bytes, bytes]:
        """Give a certificate for an address, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "database")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        built = self._build(name, key).add_extension(names, False).sign(self._key, hashes.SHA256())
        plain = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return built.public_bytes(serialization.Encoding.PEM), plain


@pytest.fixture
def authority() -> Authority:
    return Authority("ours")


@pytest.fixture
def server(authority: Authority) -> Iterator[Postgres]:
    """Give a PostgreSQL of our own with a certificate of the authority."""
    with_tls = Postgres(careless=True)
    try:
        with_tls.start()
    except ServiceUnavailable as error:
        pytest.skip(str(error))
    data = with_tls._home() / "data"
    for name, content in zip(("server.crt", "server.key"), authority.vouch("127.0.0.1"), strict=True):
        (data / name).write_bytes(content)
        (data / name).chmod(0o600)
        shutil.chown(data / name, data.owner(), data.group())
    plain = make_url(with_tls.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
    yield with_tls
    with_tls.stop()


def store_of(server: Postgres, authority: Authority, folder: Path, mode: str = "verify-full") -> Store:
    root = folder / "ca.pem"
    root.write_bytes(authority.pem)
    # No walls here: the server knows no role of a municipality yet, so only the way to it is tried.
    return Store(f"{server.url}?sslmode={mode}&sslrootcert={root}", "gemeente-tilburg")


@pytest.mark.postgresql
def test_the_database_is_spoken_to_over_tls_where_its_name_is_vouched_for(
    server: Postgres, authority: Authority, tmp_path: Path
) -> None:
    store = store_of(server, authority, tmp_path)
    with store.engine.connect() as connection:
        used = connection.execute(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).scalar_one()
    assert used is True
    wakeup = store.wakeup()
    assert wakeup.wait(0.1), "the wake-up has a connection of its own, by the same rules"
    wakeup.close()
    store.close()


@pytest.mark.postgresql
def test_a_database_that_another_authority_vouches_for_is_refused(server: Postgres, tmp_path: Path) -> None:
    store = store_of(server, Authority("somebody else"), tmp_path)
    with pytest.raises(OperationalError, match="certificate verify failed"), store.engine.connect():
        pass
    assert not store.answers()
    store.close()
