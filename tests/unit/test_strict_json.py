"""The hardened JSON loader: what it refuses, and that no text makes it slow."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.strict_json import MAX_BYTES, MAX_DEPTH, InvalidJson, loads

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner),
    max_leaves=20,
)


@given(PLAIN, st.booleans())
def test_what_json_writes_is_read_the_same(document: Any, ascii_only: bool) -> None:
    assert loads(json.dumps(document, ensure_ascii=ascii_only).encode()) == document


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_by_name(body: bytes) -> None:
    try:
        loads(body)
    except InvalidJson as error:
        assert error.message


@given(st.integers(1, 2 * MAX_DEPTH), st.sampled_from(["[]", '{"a":}']), st.text('"\\[]{}', max_size=200))
def test_depth_is_counted_outside_texts_alone(depth: int, pair: str, text: str) -> None:
    body = pair[:-1] * depth + json.dumps(text) + pair[-1] * depth
    if depth <= MAX_DEPTH:
        assert loads(body.encode())
    else:
        with pytest.raises(InvalidJson, match="nested"):
            loads(body.encode())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"a": 1, "a": 2}', "/a"),
        (b'{"b": {"a": 1, "a": 2}}', "/a"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "/?"),
        (b'{"a": ["\\ud800"]}', "/a/0"),
        (b'{"a": "x\\udc00y"}', "/a"),
        (b'{"\\udfff": 1}', None),
        (b"[NaN]", None),
        (b"[-Infinity]", None),
        (b"[1e999]", None),
        (b"9" * 5000, None),
        (b"\xff", None),
        (b"", None),
        (b"{} {}", None),
        (b"'a'", None),
    ],
)
def test_what_is_refused_names_its_place(body: bytes, field: str | None) -> None:
    with pytest.raises(InvalidJson) as refused:
        loads(body)
    assert refused.value.field == field
    assert not refused.value.too_large
    refused.value.message.encode()
    (refused.value.field or "").encode()  # what an answer must be able to carry


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert loads(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_what_is_too_large_says_so() -> None:
    with pytest.raises(InvalidJson) as refused:
        loads(b" " * (MAX_BYTES + 1))
    assert refused.value.too_large


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 65 + b'"' + b'\\"' * 400_000,
        b'"' + b'\\"' * 300_000 + b"[" * 65,
        (b"[" * 60 + b'"x"') * 10_000,
        b'"' * 400_000 + b"[" * 65,
        b"[" * 65 + b"\\" * 400_000,
    ],
    ids=["half strings", "half strings first", "many brackets", "quotation marks", "backslashes"],
)
def test_no_text_is_read_more_than_once(body: bytes) -> None:
    """Where each mark begins the search anew this takes an hour; a twentieth of it took 17 s."""
    with pytest.raises(InvalidJson):
        loads(body)
