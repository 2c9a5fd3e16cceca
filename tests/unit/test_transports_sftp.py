"""SFTP against a real server: its key is pinned, a file appears whole, what a partner drops is taken by our rules."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko
import pytest

from connectors import transports
from connectors.errors import RefusalCode, TransportError
from connectors.protocol import Payload
from connectors.transports import open_intake, open_transport
from connectors.transports.dropped import DroppedFile, Intake
from tests.sftp_server import PASSWORD, SftpServer

PAYLOAD = Payload(body=b"<a/>" * 20_000, content_type="application/xml")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    for name in ("out", "in"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("TEST_SFTP_PASSWORD", PASSWORD)
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    with closing(SftpServer(tmp_path)) as made:
        yield made


@pytest.fixture
def line(server: SftpServer) -> Iterator[Any]:
    transport: Any = open_transport(server.settings)
    with closing(transport):
        yield transport


@pytest.fixture
def intake(server: SftpServer) -> Iterator[Intake]:
    opened = open_intake(server.settings)
    assert opened is not None
    yield opened[0]
    opened[0]._folder._line.close()  # type: ignore[attr-defined]


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def looked(intake: Intake, start: float = 1000.0) -> list[DroppedFile]:
    """Look twice, some seconds apart."""
    list(intake.take(start))
    return list(intake.take(start + 5))


def refused(server: SftpServer, **changes: Any) -> TransportError:
    settings = {**server.settings, **changes}
    transport: Any = open_transport({key: value for key, value in settings.items() if value is not None})
    with closing(transport), pytest.raises(TransportError) as caught:
        transport.deliver(PAYLOAD, message_id="m-1")
    return caught.value


def test_a_payload_arrives_whole_under_the_name_of_its_message_over_one_line(server: SftpServer, line: Any) -> None:
    assert line.deliver(PAYLOAD, message_id="m-1").line == "SFTP m-1.xml"
    line.deliver(PAYLOAD, message_id="m-1")
    line.deliver(PAYLOAD, message_id="../../m-2")
    names = files_in(server.root / "out")
    assert "m-1.xml" in names and len(names) == 2 and not [name for name in names if ".." in name]
    assert (server.root / "out" / "m-1.xml").read_bytes() == PAYLOAD.body
    assert server.sessions == 1


def test_a_line_that_went_is_made_anew(server: SftpServer, line: Any) -> None:
    line.deliver(PAYLOAD, message_id="m-1")
    server.hang_up()
    line.deliver(PAYLOAD, message_id="m-2")
    assert files_in(server.root / "out") == {"m-1.xml", "m-2.xml"}
    assert server.sessions == 2


def test_a_line_that_breaks_at_each_try_leaves_it_unknown_and_the_next_try_is_the_same_file(
    server: SftpServer, line: Any
) -> None:
    server.cut = 1
    with pytest.raises(TransportError) as caught:
        line.deliver(PAYLOAD, message_id="m-1")
    assert (caught.value.permanent, caught.value.unknown) == (False, True)
    line.deliver(PAYLOAD, message_id="m-1")
    assert files_in(server.root / "out") == {"m-1.xml"}


def test_a_server_with_another_key_gets_no_password_and_no_payload(server: SftpServer) -> None:
    other = paramiko.ECDSAKey.generate()
    error = refused(server, host_keys=[f"{other.get_name()} {other.get_base64()}"])
    assert "another key" in error.message and not error.permanent
    assert server.tried == []
    assert files_in(server.root) == set()


def test_one_of_two_known_keys_is_enough_while_a_server_changes_its_key(server: SftpServer) -> None:
    other = paramiko.ECDSAKey.generate()
    keys = [f"{other.get_name()} {other.get_base64()}", *server.settings["host_keys"]]
    transport: Any = open_transport({**server.settings, "host_keys": keys})
    with closing(transport):
        transport.deliver(PAYLOAD, message_id="m-1")


def test_a_key_signs_us_in(server: SftpServer, tmp_path: Path) -> None:
    file = tmp_path / "key"
    server.client_key.write_private_key_file(str(file))
    settings = {key: value for key, value in server.settings.items() if key != "password"}
    transport: Any = open_transport({**settings, "key": f"file:{file}"})
    with closing(transport):
        transport.deliver(PAYLOAD, message_id="m-1")
    assert server.tried == []


def test_who_is_not_let_in_waits_and_the_password_is_not_told(
    server: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_SFTP_PASSWORD", "hunter2")
    error = refused(server)
    assert not error.permanent and "let us in" in error.message and "hunter2" not in error.message


def test_a_folder_that_is_not_there_and_a_server_that_is_not_there_are_temporary(server: SftpServer) -> None:
    assert not refused(server, folder="/nowhere").permanent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = refused(server, port=port)
    assert (error.permanent, error.unknown) == (False, False)


def test_an_address_of_our_own_network_is_refused_unless_the_partner_is_inside(server: SftpServer) -> None:
    assert [one.key for one in transports.mistakes({**server.settings, "inside": False})] == ["host"]
    assert transports.mistakes(server.settings) == []


def test_a_missing_secret_is_named_and_its_value_never(server: SftpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_SFTP_PASSWORD")
    with pytest.raises(ValueError, match="The environment has no TEST_SFTP_PASSWORD"):
        open_transport(server.settings)


def test_a_dropped_file_is_taken_and_moved_at_the_partners_server(server: SftpServer, intake: Intake) -> None:
    (server.root / "in" / "999900006_Voorbeeld.XML").write_bytes(b"<a/>")
    (dropped,) = looked(intake)
    assert dropped.payload is not None
    assert (dropped.payload.body, dropped.payload.content_type) == (b"<a/>", "application/xml")
    assert "999900006" not in f"{dropped}"
    dropped.settle(taken=True)
    assert files_in(server.root / "in") == {f"taken/{dropped.name}"}
    assert dropped.settle(taken=True) is None


def test_what_is_not_settled_comes_again(server: SftpServer, intake: Intake) -> None:
    (server.root / "in" / "a.xml").write_bytes(b"<a/>")
    first, again = looked(intake), list(intake.take(1010.0))
    assert first == again
    assert again[0].settle(taken=False, reason="regel 1\n")
    name = f"rejected/{again[0].name}"
    assert files_in(server.root / "in") == {name, f"{name}.reason.txt"}
    assert (server.root / "in" / f"{name}.reason.txt").read_text() == "regel 1\n"


def test_a_file_that_still_grows_is_left_alone_whatever_the_clock_of_the_server_says(
    server: SftpServer, intake: Intake
) -> None:
    path = server.root / "in" / "a.xml"
    for moment, body in ((1000.0, b"<a>"), (1005.0, b"<a><b/>")):
        path.write_bytes(body)
        os.utime(path, (1, 1))  # a server whose clock stands still in 1970
        assert list(intake.take(moment)) == []
    assert list(intake.take(1006.0)) == []
    assert len(list(intake.take(1007.5))) == 1


def test_unfinished_names_links_folders_and_names_that_lead_elsewhere_are_left_alone(
    server: SftpServer, intake: Intake
) -> None:
    folder = server.root / "in"
    (folder / "a.xml.part").write_bytes(b"<a/>")
    (folder / ".b.xml").write_bytes(b"<a/>")
    (folder / "c.xml").mkdir()
    outside = server.root / "outside.xml"
    outside.write_bytes(b"<secret/>")
    (folder / "d.xml").symlink_to(outside)
    hostile = paramiko.SFTPAttributes.from_stat(outside.stat(), "../outside.xml")
    server.extra = [hostile]
    assert looked(intake) == []


def test_too_large_empty_and_packed_files_are_refused_unread(server: SftpServer, intake: Intake) -> None:
    intake._max_bytes = 100
    for name, body in (("a.xml", b"x" * 101), ("b.xml", b"PK\x03\x04"), ("c.xml", b"   ")):
        (server.root / "in" / name).write_bytes(body)
    codes = [dropped.refusal.code for dropped in looked(intake) if dropped.refusal]
    assert sorted(codes) == sorted([RefusalCode.TOO_LARGE, RefusalCode.NOT_ALLOWED, RefusalCode.MALFORMED])


def test_what_was_put_in_the_place_of_a_file_is_not_moved(server: SftpServer, intake: Intake) -> None:
    path = server.root / "in" / "a.xml"
    path.write_bytes(b"<a/>")
    (dropped,) = looked(intake)
    path.write_bytes(b"<another/>")
    assert dropped.settle(taken=True) is None
    assert files_in(server.root / "in") == {"a.xml"}


def test_a_look_tells_what_is_well_and_writes_nothing(server: SftpServer) -> None:
    assert [(one.what, one.finding) for one in transports.look(server.settings)] == [
        ("folder", "well"),
        ("intake", "well"),
    ]
    (server.root / "in").rmdir()
    findings = {one.what: one.finding for one in transports.look({**server.settings, "folder": "/out"})}
    assert findings["folder"] == "well" and findings["intake"] != "well"
    assert files_in(server.root) == set()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"host_keys": []}, "host_keys"),
        ({"host_keys": ["ssh-ed25519 AAAA"]}, "host_keys.0"),
        ({"host_keys": ["trust me"]}, "host_keys.0"),
        ({"key": "env:X"}, "password"),
        ({"password": "open sesame"}, "password"),
        ({"port": "22"}, "port"),
        ({"auto_add": True}, "auto_add"),
    ],
)
def test_wrong_settings_are_named(server: SftpServer, change: dict[str, Any], key: str) -> None:
    found = transports.mistakes({**server.settings, **change})
    assert [one.key for one in found] == [key]
    assert "sesame" not in f"{found}"


def test_the_payload_itself_is_never_changed(server: SftpServer, line: Any) -> None:
    odd = replace(PAYLOAD, body=bytes(range(256)) * 300, content_type="text/csv")
    line.deliver(odd, message_id="m-9")
    assert (server.root / "out" / "m-9.csv").read_bytes() == odd.body
