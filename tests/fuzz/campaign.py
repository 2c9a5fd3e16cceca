"""Read spoiled messages and count: what was read, what was refused, what fell."""

import hashlib
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from connectors.errors import Refusal
from connectors.protocol import AddressBook, Connector, Payload, Verdict
from schemas.message import Message, ValidationError
from tests.contract.partners import NOW, book_of, canonical, pairs, translator
from tests.fuzz.mutators import MAX_BYTES, spoiled

STANDARDS = Path(__file__).parents[3] / "shared" / "standards"
REAL = {
    "social_work": ("istandaarden-3.2", "stuf-ggk"),
    "mental_health": ("fhir-r4", "fhir-stu3-eoverdracht"),
    "work_and_income": ("stuf-zkn", "zgw"),
    "access_team": ("zgw", "nl-gov-cloudevents-1.1", "stuf-jeugdzorg-1.0.9"),
    "reintegration": ("suwiml", "ddas"),
}
"""Where real samples of a dialect lie, kept beside the project; without them its own are enough."""
_SAMPLES = frozenset({".xml", ".json", ".txt", ".csv", ".fsh"})


@dataclass(frozen=True, kw_only=True)
class Seed:
    """A good message, and the words of it that no refusal may repeat."""

    name: str
    body: bytes
    private: frozenset[str] = frozenset()


@dataclass(kw_only=True)
class Found:
    """What came of it. ``fell`` maps a kind of fault to the first input that showed it."""

    tried: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    fell: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def told(self) -> str:
        """Give it as a line."""
        return (
            f"{self.tried:>9} tried {self.refused:>9} refused {self.read:>8} read {len(self.fell):>3} kinds of fault"
            f"   slowest {self.slowest * 1000:.0f} ms"
        )


def seeds_of(name: str) -> list[Seed]:
    """Give the golden samples of a connector, both ways, and real ones of its standards where they are here."""
    found = []
    for way in ("in", "out"):
        for theirs, ours in pairs(name, way):
            people = [one.data.client for one in canonical(ours) if one.data.client]
            private = {word for one in people for word in (one.bsn, one.family_name) if word and len(word) > 5}
            found.append(Seed(name=theirs.name, body=theirs.read_bytes(), private=frozenset(private)))
    return [*found, *_real(name)]


def _real(name: str) -> Iterator[Seed]:
    for folder in REAL.get(name, ()):
        for path in sorted((STANDARDS / folder).rglob("*")) if (STANDARDS / folder).is_dir() else ():
            if path.suffix in _SAMPLES and "xsd" not in path.parts and path.stat().st_size <= MAX_BYTES // 4:
                yield Seed(name=path.name, body=path.read_bytes())


def try_one(name: str, seed: Seed, body: bytes, found: Found) -> None:
    """Read one input, as the hub's intake does; what is raised beside a refusal is kept with its input."""
    payload = Payload(body=body, content_type="application/octet-stream", name=seed.name)
    found.tried += 1
    connector, book = translator(name), book_of(name)  # read once, and then no part of the time
    began = time.perf_counter()
    try:
        _as_the_intake_does(connector, book, payload, seed, found)
    except Exception as error:  # noqa: BLE001 - whatever falls is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        found.fell.setdefault(kind, (body, "".join(traceback.format_exception(error))))
    found.slowest = max(found.slowest, time.perf_counter() - began)


def _as_the_intake_does(connector: Connector, book: AddressBook, payload: Payload, seed: Seed, found: Found) -> None:
    try:
        reading = connector.read(payload, book, NOW)
    except Refusal as refusal:
        found.refused += 1
        told = f"{refusal.message} {refusal.field} {refusal.dialect_code}"
        assert not [word for word in seed.private if word in told], "a refusal repeats a value"
        connector.acknowledge(payload, Verdict.REFUSED, refusal, book, NOW)
        return
    found.read += 1
    connector.acknowledge(payload, Verdict.ACCEPTED, None, book, NOW)
    for message in reading.messages:
        document = message.to_json()
        try:
            Message.from_json(document)
        except ValidationError:
            continue  # the door of the hub refuses it


def campaign(name: str, seed: int, go_on: Callable[[Found], bool]) -> Found:
    """Spoil and read for as long as asked; the same seed gives the same inputs."""
    found, chance, seeds = Found(), Random(f"{name} {seed}"), seeds_of(name)
    while go_on(found):
        one = chance.choice(seeds)
        try_one(name, one, spoiled(one.body, chance), found)
    return found


def keep(name: str, found: Found, folder: Path) -> None:
    """Write each input that made something fall, with where it fell."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, (body, told) in found.fell.items():
        stem = folder / f"{name}-{hashlib.sha256(kind.encode()).hexdigest()[:8]}"
        stem.with_suffix(".bin").write_bytes(body)
        stem.with_suffix(".txt").write_text(told)
