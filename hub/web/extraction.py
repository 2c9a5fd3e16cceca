"""Find the texts that have a translation: what Babel finds, and the closed lists in ``Words`` and ``Sentence``."""

import ast
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, cast

from babel.messages.extract import extract_python

_Found = tuple[int, str | None, Any, list[str]]
_FIRST_TEXT_OF_A_SENTENCE = 2


def texts(
    file: BinaryIO, keywords: Iterable[str], comment_tags: Iterable[str], options: dict[str, Any]
) -> Iterator[_Found]:
    """Give line, function, text and comments of each text in a Python file; the form is Babel's."""
    source = file.read()
    file.seek(0)
    yield from cast(Iterable[_Found], extract_python(file, keywords, comment_tags, options))  # type: ignore[arg-type]
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            yield from ((one.lineno, "gettext", one.value, []) for one in _marked(call) if one.value)


def _marked(call: ast.Call) -> list[ast.Constant]:
    """Give the texts that a call marks by being the call it is."""
    if call.func.id == "Sentence":  # type: ignore[attr-defined]
        return _constants(call.args[_FIRST_TEXT_OF_A_SENTENCE:])
    if call.func.id != "Words" or not isinstance(call.args[0], ast.Dict):  # type: ignore[attr-defined]
        return []
    at = next((ast.literal_eval(word.value) for word in call.keywords if word.arg == "at"), ())
    return [
        text
        for value in call.args[0].values
        for text in _constants([value.elts[place] for place in at] if isinstance(value, ast.Tuple) else [value])
    ]


def _constants(nodes: Iterable[ast.expr]) -> list[ast.Constant]:
    return [node for node in nodes if isinstance(node, ast.Constant)]
