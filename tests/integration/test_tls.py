"""Database and broker over TLS: a server that our authority vouches for is spoken to, any other is not."""

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
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from hub.broker.protocol import BrokerUnavailable, Fate, Parcel
from hub.broker.rabbitmq import RabbitBroker
from hub.models.ring import KeyRing, use_keys
from hub.store.database import Store
from hub.store.migrate import migrate
from tests.conftest import miss
from tests.integration.conftest import KEY
from workers.drill.postgres import Postgres
from workers.drill.processes import ServiceUnavailable, free_port
from workers.drill.rabbit import Rabbit

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
    return Store(f"{server.url}?sslmode={mode}&sslrootcert={root}", "gemeente-tilburg")


@pytest.mark.postgresql
def test_the_database_is_spoken_to_over_tls_where_its_name_is_vouched_for(
    server: Postgres, authority: Authority, tmp_path: Path
) -> None:
    store = store_of(server, authority, tmp_path)
    use_keys(KeyRing((KEY,)))
    migrate(store)
    with store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        assert driver.pgconn.ssl_in_use
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


@pytest.fixture(scope="module")
def broker_authority() -> Authority:
    return Authority("ours")


@pytest.fixture(scope="module")
def broker_port(broker_authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Give the TLS port of a RabbitMQ of our own, with a certificate of the authority for 127.0.0.1 alone."""
    folder, port = tmp_path_factory.mktemp("rabbit-tls"), free_port()
    certificate, key = broker_authority.vouch("127.0.0.1")
    for name, content in (("ca", broker_authority.pem), ("cert", certificate), ("key", key)):
        (folder / f"{name}.pem").write_bytes(content)
    settings = {
        "listeners.ssl.1": f"127.0.0.1:{port}",
        "ssl_options.cacertfile": str(folder / "ca.pem"),
        "ssl_options.certfile": str(folder / "cert.pem"),
        "ssl_options.keyfile": str(folder / "key.pem"),
        "ssl_options.verify": "verify_none",
        "ssl_options.fail_if_no_peer_cert": "false",
    }
    node = Rabbit(careless=True, settings=settings)
    try:
        node.start()
    except ServiceUnavailable as error:
        node.stop()
        miss("RabbitMQ", str(error))
    yield port
    node.stop()


@pytest.fixture
def trusted(broker_authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let this computer believe the authority, as docs/keys.md says."""
    path = tmp_path / "ca.pem"
    path.write_bytes(broker_authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return path


def broker_at(host: str, port: int) -> RabbitBroker:
    return RabbitBroker(f"amqps://guest:guest@{host}:{port}/%2F")


@pytest.mark.rabbitmq
@pytest.mark.usefixtures("trusted")
def test_messages_go_over_tls_to_a_broker_whose_name_is_vouched_for(broker_port: int) -> None:
    broker = broker_at("127.0.0.1", broker_port)
    broker.declare(["over-tls"])
    parcel = Parcel(queue="over-tls", message_id="one", body=b"sealed")
    assert broker.publisher().publish([parcel]) == [Fate.CONFIRMED]
    taken = broker.consumer("over-tls").take(1, 10.0)
    assert [one.body for one in taken] == [b"sealed"]
    broker.close()


@pytest.mark.rabbitmq
@pytest.mark.usefixtures("trusted")
def test_a_broker_under_another_name_than_its_certificate_tells_is_refused(broker_port: int) -> None:
    with pytest.raises(BrokerUnavailable, match=r"(?i)certificate|hostname"):
        broker_at("localhost", broker_port).declare(["over-tls"])


@pytest.mark.rabbitmq
def test_a_broker_that_another_authority_vouches_for_is_refused(broker_port: int, trusted: Path) -> None:
    trusted.write_bytes(Authority("somebody else").pem)
    with pytest.raises(BrokerUnavailable, match=r"(?i)certificate"):
        broker_at("127.0.0.1", broker_port).declare(["over-tls"])
