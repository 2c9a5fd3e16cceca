"""Files between a partner and us: whole or not at all, under names of our own, and never outside the folder."""

import json
import os
import threading
from pathlib import Path

import pytest

from connectors.errors import RefusalCode, TransportError
from connectors.protocol import Payload
from connectors.transports import open_transport
from connectors.transports.dropped import DroppedFile
from connectors.transports.files import DropFolder, IntakeFolder

PAYLOAD = Payload(body=b"<a/>", content_type="application/xml; charset=utf-8")
BAD = Path(__file__).parents[2].parent / "shared" / "bad-inputs"
OLD = 1_700_000_000.0


def drop(folder: Path, name: str, body: bytes = b"<a/>", *, age: float = 100.0) -> Path:
    path = folder / name
    path.write_bytes(body)
    os.utime(path, (OLD - age, OLD - age))
    return path


def take(folder: Path, **settings: int) -> list[DroppedFile]:
    return list(IntakeFolder(folder, **settings).take(OLD))  # type: ignore[arg-type]


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_delivered_file_is_named_after_the_message_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    transport = open_transport({"kind": "files", "folder": str(tmp_path)})
    assert transport.deliver(PAYLOAD, message_id="0b6a2a52-0000-4000-8000-00000000b001").answer is None
    assert files_in(tmp_path) == {"0b6a2a52-0000-4000-8000-00000000b001.xml"}
    assert next(tmp_path.iterdir()).read_bytes() == PAYLOAD.body


@pytest.mark.parametrize("message_id", ["../../x", "a/b", ".hidden", "-rf", "x\x00y", "x" * 300, "", "é", "CON ."])
def test_no_message_id_leads_out_of_the_folder(tmp_path: Path, message_id: str) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    DropFolder(folder).deliver(PAYLOAD, message_id=message_id)
    (name,) = files_in(tmp_path)
    assert name.startswith("inside/") and name.endswith(".xml") and len(name) < 100


def test_the_same_message_twice_is_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        DropFolder(tmp_path).deliver(PAYLOAD, message_id="m-1")
    assert files_in(tmp_path) == {"m-1.xml"}


def test_what_a_stopped_writer_left_is_written_anew_and_a_link_there_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"keep")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "m-1.xml.part").symlink_to(outside)
    DropFolder(folder).deliver(PAYLOAD, message_id="m-1")
    assert outside.read_bytes() == b"keep"
    assert files_in(folder) == {"m-1.xml"}


def test_a_folder_that_is_gone_is_a_temporary_fault(tmp_path: Path) -> None:
    with pytest.raises(TransportError) as caught:
        DropFolder(tmp_path / "gone").deliver(PAYLOAD, message_id="m-1")
    assert not caught.value.permanent
    with pytest.raises(TransportError):
        take(tmp_path / "gone")


def test_a_complete_file_is_taken_and_put_away_under_a_name_of_our_own(tmp_path: Path) -> None:
    drop(tmp_path, "999900006_Voorbeeld.XML ")
    (dropped,) = take(tmp_path)
    assert dropped.payload is not None and dropped.payload.body == b"<a/>"
    assert dropped.payload.content_type == "application/xml"
    assert "999900006" not in f"{dropped.name}{dropped.payload.name}"
    assert dropped.settle(taken=True) == tmp_path / "taken" / dropped.name
    assert take(tmp_path) == []


def test_what_is_not_settled_comes_again_so_that_nothing_is_lost(tmp_path: Path) -> None:
    drop(tmp_path, "a.xml")
    first, second = take(tmp_path), take(tmp_path)
    assert first == second
    assert second[0].settle(taken=False) == tmp_path / "rejected" / second[0].name
    assert second[0].settle(taken=True) is None


def test_files_come_oldest_first(tmp_path: Path) -> None:
    for name, age in (("b.xml", 50.0), ("a.xml", 10.0), ("c.xml", 90.0)):
        drop(tmp_path, name, name.encode(), age=age)
    assert [dropped.payload.body for dropped in take(tmp_path) if dropped.payload] == [b"c.xml", b"b.xml", b"a.xml"]


@pytest.mark.parametrize("name", ["a.xml.part", "a.tmp", "A.PART", "x.filepart", ".a.xml"])
def test_what_is_still_being_sent_is_left_alone(tmp_path: Path, name: str) -> None:
    path = drop(tmp_path, name)
    assert take(tmp_path) == []
    assert path.exists()


def test_a_young_file_is_left_until_it_stands_still(tmp_path: Path) -> None:
    path = drop(tmp_path, "a.xml", age=0.5)
    folder = IntakeFolder(tmp_path)
    assert list(folder.take(OLD)) == []
    path.write_bytes(b"<a><b/></a>")
    os.utime(path, (OLD, OLD))
    assert list(folder.take(OLD)) == []
    (dropped,) = folder.take(OLD)
    assert dropped.payload is not None and dropped.payload.body == b"<a><b/></a>"


def test_a_file_from_the_future_is_taken_at_the_second_look(tmp_path: Path) -> None:
    drop(tmp_path, "a.xml", age=-10_000)
    folder = IntakeFolder(tmp_path)
    assert list(folder.take(OLD)) == []
    assert len(list(folder.take(OLD))) == 1


def test_a_file_that_stays_hidden_or_empty_is_rejected_at_last(tmp_path: Path) -> None:
    drop(tmp_path, ".a.xml", age=7200)
    drop(tmp_path, "b.xml", b"", age=7200)
    refusals = [dropped.refusal for dropped in take(tmp_path)]
    assert [refusal.code for refusal in refusals if refusal] == [RefusalCode.NOT_ALLOWED, RefusalCode.MALFORMED]


def test_links_folders_and_pipes_are_never_read(tmp_path: Path) -> None:
    secret = drop(tmp_path, "secret.txt", b"secret")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "link.xml").symlink_to(secret)
    (folder / "hard.xml").hardlink_to(secret)
    (folder / "folder.xml").mkdir()
    os.mkfifo(folder / "pipe.xml")
    assert take(folder) == []


def test_a_file_that_is_too_large_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    drop(tmp_path, "a.xml", b"x" * 2000)
    (dropped,) = take(tmp_path, max_bytes=1000)
    assert dropped.payload is None
    assert dropped.refusal is not None and dropped.refusal.code is RefusalCode.TOO_LARGE
    assert dropped.settle(taken=False) is not None


def test_what_was_written_in_its_place_is_not_put_away(tmp_path: Path) -> None:
    path = drop(tmp_path, "a.xml")
    (dropped,) = take(tmp_path)
    path.unlink()
    drop(tmp_path, "a.xml", b"<new/>", age=20)
    assert dropped.settle(taken=True) is None
    (again,) = take(tmp_path)
    assert again.payload is not None and again.payload.body == b"<new/>"


def test_a_reader_never_sees_half_a_file_while_a_writer_writes(tmp_path: Path) -> None:
    body = b"<a>" + b"x" * 200_000 + b"</a>"
    transport = DropFolder(tmp_path)

    def write() -> None:
        for number in range(30):
            transport.deliver(Payload(body=body, content_type="application/xml"), message_id=f"m-{number}")

    writer = threading.Thread(target=write)
    writer.start()
    seen = 0
    while writer.is_alive() or seen < 30:
        for dropped in IntakeFolder(tmp_path, settled_seconds=-1e12).take():
            assert dropped.payload is not None and dropped.payload.body == body
            seen += dropped.settle(taken=True) is not None
    writer.join()
    assert seen == 30


@pytest.mark.standards
@pytest.mark.parametrize("name", ["zip-bomb-20mb.zip", "zip-slip.zip"])
def test_an_archive_is_rejected_whole_and_nothing_comes_out_of_it(tmp_path: Path, name: str) -> None:
    source = BAD / name
    if not source.is_file():
        pytest.skip("the bad inputs are not here")
    folder = tmp_path / "inside"
    folder.mkdir()
    drop(folder, "bericht.xml", source.read_bytes())
    (dropped,) = take(folder)
    assert dropped.refusal is not None and "archive (zip)" in dropped.refusal.message
    dropped.settle(taken=False)
    assert files_in(tmp_path) == {f"inside/rejected/{dropped.name}"}


@pytest.mark.standards
def test_hostile_names_are_handled_under_names_of_our_own(tmp_path: Path) -> None:
    source = BAD / "file-hostile-names.json"
    if not source.is_file():
        pytest.skip("the bad inputs are not here")
    folder = tmp_path / "inside"
    folder.mkdir()
    for name in json.loads(source.read_text())["names"]:
        if "/" not in name and "\x00" not in name and len(name) < 250:
            drop(folder, name, name.encode(), age=7200)
    taken = take(folder)
    assert len(taken) == len(list(folder.iterdir())) - 1  # all but the one that is still being written
    for dropped in taken:
        dropped.settle(taken=dropped.refusal is None)
    left = files_in(tmp_path)
    assert all(name.startswith("inside/") and name.isascii() and name.isprintable() for name in left)
    assert not any("999900006" in name for name in left)
    assert "inside/bericht.xml.part" in left
