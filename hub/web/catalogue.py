"""The texts that have a translation: found in templates and code, kept in ``translations/en``. For makers, not at work.

``python -m hub.web.catalogue`` (``make texts``) puts new texts in the catalogue and compiles it.
"""

import ast
import datetime as dt
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from hub.rules.languages import ENGLISH
from hub.web.translations import FOLDER

ROOT = Path(__file__).resolve().parents[2]
COMPILED = FOLDER / ENGLISH / "LC_MESSAGES" / "messages.mo"
CATALOGUE = COMPILED.with_suffix(".po")
_NO_DATE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # a compiled catalogue differs only where its texts do
_FIRST_TEXT_OF_A_SENTENCE = 2
_Found = tuple[int, str | None, Any, list[str]]


def texts(
    file: BinaryIO, keywords: Iterable[str], comment_tags: Iterable[str], options: dict[str, Any]
) -> Iterator[_Found]:
    """Give line, function, text and comments of each text in a Python file: Babel's, and those in lists of words."""
    source = file.read()
    file.seek(0)
    yield from cast(Iterable[_Found], extract_python(file, keywords, comment_tags, options))  # type: ignore[arg-type]
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            yield from ((one.lineno, "gettext", one.value, []) for one in _marked(call, call.func.id) if one.value)


def _marked(call: ast.Call, name: str) -> list[ast.Constant]:
    """Give the texts that a call marks by being the call it is."""
    if name == "Sentence":
        return _constants(call.args[_FIRST_TEXT_OF_A_SENTENCE:])
    if name != "Words" or not isinstance(call.args[0], ast.Dict):
        return []
    at = next((ast.literal_eval(word.value) for word in call.keywords if word.arg == "at"), ())
    return [
        text
        for value in call.args[0].values
        for text in _constants([value.elts[place] for place in at] if isinstance(value, ast.Tuple) else [value])
    ]


def _constants(nodes: Iterable[ast.expr]) -> list[ast.Constant]:
    return [node for node in nodes if isinstance(node, ast.Constant)]


def fresh() -> Catalog:
    """Give the texts that stand in templates and code today."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = Catalog()
    folder = ROOT / "hub" / "web"
    mapping = [(pattern.removeprefix("hub/web/"), method) for pattern, method in methods]
    chosen = {pattern.removeprefix("hub/web/"): given for pattern, given in options.items()}
    for _file, _line, text, _comments, context in extract_from_dir(folder, mapping, chosen, DEFAULT_KEYWORDS):
        found.add(text, None, context=context)
    return found


def kept() -> Catalog:
    """Give the catalogue as it is kept."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale=ENGLISH)


def renew() -> list[str]:
    """Bring the catalogue up to date and compile it; give the texts that still want a translation."""
    catalogue, earlier = kept(), fresh()
    catalogue.update(earlier, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = catalogue.revision_date = _NO_DATE
    with CATALOGUE.open("wb") as file:
        write_po(file, catalogue, width=0, sort_output=True, omit_header=True, no_location=True)
    with COMPILED.open("wb") as file:
        write_mo(file, catalogue)
    return [str(message.id) for message in catalogue if message.id and not all(_said(message.string))]


def _said(string: Any) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, (tuple, list)) else (string,)


if __name__ == "__main__":
    lacking = renew()
    sys.stdout.write("".join(f"without English: {text}\n" for text in lacking))
    sys.exit(1 if lacking else 0)
