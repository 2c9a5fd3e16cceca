"""What it costs to translate: each dialect in and out, beside parsing alone with the same library."""

import csv
import io
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from connectors.registry import NAMES
from tests.bench.goals import Part
from tests.contract.partners import NOW, book_of, canonical, pairs, payload_of, translator

BARE: dict[str, Callable[[bytes], object]] = {
    ".json": json.loads,
    ".xml": etree.fromstring,
    ".csv": lambda body: list(csv.reader(io.StringIO(body.decode("utf-8-sig")))),
}
"""Parsing alone, by the ending of a sample's file; samples in a form without a plain library are left out."""


def dialects(rounds: int) -> Part:
    """Read and write each golden sample of each connector, again and again."""
    lines, values = [], {}
    for name in NAMES:
        both = {"in": _reading(name, rounds), "out": _writing(name, rounds)}
        values[name] = both
        lines += [_line(name, way, found) for way, found in both.items()]
    title = f"7. Translating the golden samples: CPU of one message, median of {rounds} rounds, one thread"
    return Part(title=title, lines=lines, values=values)


def _line(name: str, way: str, found: dict[str, float]) -> str:
    return (
        f"{name:<16}{way:<4}{found['us']:6.0f} us of {found['octets']:.0f} octets, {1e6 / found['us']:.0f}/s; "
        f"parsing alone {found['bare_us']:.0f} us, {found['us'] / found['bare_us']:.0f} times"
    )


def _reading(name: str, rounds: int) -> dict[str, float]:
    samples = [theirs for theirs, _ours in pairs(name, "in") if theirs.suffix in BARE]
    connector, book = translator(name), book_of(name)
    payloads = [payload_of(path) for path in samples]
    messages = sum(max(len(connector.read(one, book, NOW).messages), 1) for one in payloads)
    us = _median(lambda: [connector.read(one, book, NOW) for one in payloads], rounds) / messages
    return {"us": us, **_bare(samples, messages, rounds)}


def _writing(name: str, rounds: int) -> dict[str, float]:
    samples = [pair for pair in pairs(name, "out") if pair[0].suffix in BARE]
    connector, book = translator(name), book_of(name)
    messages = [one for _theirs, ours in samples for one in canonical(ours)]
    us = _median(lambda: [connector.write(one, book, NOW) for one in messages], rounds) / len(messages)
    return {"us": us, **_bare([theirs for theirs, _ours in samples], len(messages), rounds)}


def _bare(paths: list[Path], messages: int, rounds: int) -> dict[str, float]:
    bodies = [(BARE[path.suffix], path.read_bytes()) for path in paths]
    parsing = _median(lambda: [parse(body) for parse, body in bodies], rounds)
    return {"bare_us": parsing / messages, "octets": sum(len(body) for _parse, body in bodies) / messages}


def _median(work: Callable[[], object], rounds: int) -> float:
    """Give microseconds of this thread's own time: what others do on this machine counts less."""
    work()  # imports, tables that are made once
    taken = []
    for _ in range(rounds):
        began = time.thread_time_ns()
        work()
        taken.append((time.thread_time_ns() - began) / 1000)
    return statistics.median(taken)
