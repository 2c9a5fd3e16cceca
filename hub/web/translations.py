"""The language of the screen: Dutch, unless someone chose English. The Dutch text is the key of its translation.

Texts in templates and functions stand in ``_()``, closed lists in ``Words``. ``make texts`` puts new ones in the
catalogue, where a person translates them; a test fails on what has no English text yet.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, g, request
from flask_babel import Babel, force_locale, get_locale
from markupsafe import Markup

from hub.rules.languages import DUTCH, LANGUAGES

FOLDER = Path(__file__).parent / "translations"
_COOKIE = "taal"
_SPEAKING: ContextVar[str | None] = ContextVar("speaking", default=None)
# Each in its own language: who can't read this one must find it.
_NAMES = {"nl": ("Nederlands", "Verder in het Nederlands"), "en": ("English", "Go on in English")}
_A_YEAR = 365 * 24 * 3600
_Code = TypeVar("_Code")
_Said = TypeVar("_Said", bound=str | tuple[str, ...])


def set_up_languages(app: Flask) -> None:
    """Give an application its languages; templates get ``_``, ``ngettext`` and ``language()``."""
    Babel(
        app,
        default_locale=DUTCH,
        default_timezone="Europe/Amsterdam",
        default_translation_directories=str(FOLDER),
        locale_selector=_chosen,
    )
    # Not by way of the i18n extension: there each text costs three calls that ask for the context they don't need.
    app.jinja_env.globals.update({"_": _drawn, "gettext": _drawn, "ngettext": _drawn_count})
    app.jinja_env.globals.update(language=language, languages=languages)


@cache
def _catalogue(code: str) -> NullTranslations:
    return Translations.load(str(FOLDER), [code])


def _said(dutch: str) -> str:
    """Look a text up; Dutch is its own key and needs none. A page asks this more than a thousand times."""
    spoken = language()
    return dutch if spoken == DUTCH else str(_catalogue(spoken).ugettext(dutch))


def _counted(one: str, more: str, num: int) -> str:
    spoken = language()
    if spoken == DUTCH:
        return one if num == 1 else more
    return str(_catalogue(spoken).ungettext(one, more, num))


def _drawn(dutch: str, **names: object) -> Markup:
    """Give a text of a template, with what it names filled in and escaped."""
    said = Markup(_said(dutch))  # noqa: S704 - from our templates and catalogue
    return said % names if names or "%" in said else said


def _drawn_count(one: str, more: str, num: int, **names: object) -> Markup:
    return Markup(_counted(one, more, num)) % {"num": num, **names}  # noqa: S704 - from our templates and catalogue


def gettext(dutch: str, **names: object) -> str:
    """Give a text in the language that is spoken now, with what it names filled in."""
    said = _said(dutch)
    return said % names if names else said


def ngettext(one: str, more: str, num: int, **names: object) -> str:
    """Give the text for one or the text for more; ``%(num)d`` in it is the number."""
    return _counted(one, more, num) % {"num": num, **names}


class Words(Mapping[_Code, _Said]):
    """A closed list in words: read, it speaks the viewer's language; as it stands in the code it is Dutch.

    A value is a text, or a tuple that holds texts at the places ``at``; icons and tones stay as they are.
    """

    def __init__(self, dutch: Mapping[_Code, _Said], *, at: tuple[int, ...] = ()) -> None:
        self._dutch, self._at = dutch, at

    def __getitem__(self, code: _Code) -> _Said:
        dutch = self._dutch[code]
        if isinstance(dutch, tuple):
            spoken: object = tuple(gettext(one) if at in self._at and one else one for at, one in enumerate(dutch))
        else:
            spoken = gettext(dutch)
        return cast(_Said, spoken)

    def __contains__(self, code: object) -> bool:
        return code in self._dutch

    def __iter__(self) -> Iterator[_Code]:
        return iter(self._dutch)

    def __len__(self) -> int:
        return len(self._dutch)


def language() -> str:
    """Give the code of the language that is spoken now; Dutch where nobody looks."""
    drawn = _SPEAKING.get()
    if drawn is not None:
        return drawn
    spoken = get_locale()
    return str(spoken.language) if spoken is not None else DUTCH


def languages() -> tuple[tuple[str, str, str], ...]:
    """Give the languages to choose from: code, name, and what stands on the button that chooses it."""
    return tuple((code, *_NAMES[code]) for code in LANGUAGES)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Draw in a language: that of the viewer where no request tells it. Needs an application context."""
    spoken = known(code) or DUTCH
    before = _SPEAKING.set(spoken)
    try:
        with force_locale(spoken):
            yield
    finally:
        _SPEAKING.reset(before)


def _chosen() -> str:
    """Give the language of who is signed in, else the one chosen on the sign-in page. A browser's wish is no choice."""
    viewer = g.get("viewer") or (g.signed_in.viewer if g.get("signed_in") else None)
    if viewer is not None:
        return known(viewer.language) or DUTCH
    return (asked() or known(request.cookies.get(_COOKIE)) if request else None) or DUTCH


def known(code: str | None) -> str | None:
    """Give the code where it is that of one of our languages."""
    return code if code in LANGUAGES else None


def asked() -> str | None:
    """Give the language that the address of this request asks for."""
    return known(request.args.get("taal"))


def keep(answer: Response, code: str) -> Response:
    """Have the browser keep a language, for the pages before the sign-in."""
    answer.set_cookie(
        _COOKIE, code, max_age=_A_YEAR, httponly=True, samesite="Lax", path="/",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )  # fmt: skip
    return answer
