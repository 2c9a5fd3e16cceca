"""Every text of the screen has an English one, and the catalogue that the screen reads is the one that people edit."""

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import read_mo
from flask import Flask

from hub.web import catalogue
from hub.web.translations import Words, gettext, set_up_languages, speaking
from hub.web.words import account_words, dates, words
from schemas.vocabulary import LifeDomain

NAMED = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
TAGS = re.compile(r"<[^>]+>")


def said(string: Any) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, (tuple, list)) else (string,)


def texts_of(found: Any) -> dict[Any, Any]:
    """Give the texts with their translations; of one that is counted, both forms."""
    return {said(message.id): said(message.string) for message in found if message.id}


def test_every_text_in_templates_and_code_has_an_english_one() -> None:
    kept = texts_of(catalogue.kept())
    lacking = [text for text in texts_of(catalogue.fresh()) if not all(kept.get(text, ("",)))]
    assert lacking == [], "run make texts and translate what it names in hub/web/translations/en"


def test_the_catalogue_holds_nothing_that_is_no_longer_said_and_no_guess() -> None:
    assert set(texts_of(catalogue.kept())) - set(texts_of(catalogue.fresh())) == set()
    assert [message.id for message in catalogue.kept() if message.fuzzy and message.id] == []


def test_the_screen_reads_what_stands_in_the_catalogue() -> None:
    with catalogue.COMPILED.open("rb") as file:
        assert texts_of(read_mo(file)) == texts_of(catalogue.kept()), "run make texts"


def test_a_translation_names_what_the_text_names_and_keeps_its_marks() -> None:
    for dutch, english in texts_of(catalogue.kept()).items():
        for ours, theirs in zip(dutch, english, strict=True):
            assert sorted(NAMED.findall(ours)) == sorted(NAMED.findall(theirs)), ours
            assert sorted(TAGS.findall(ours)) == sorted(TAGS.findall(theirs)), ours


def test_a_translation_cannot_end_an_attribute() -> None:
    """Texts stand in attributes too: only inside a mark may a double quote be."""
    wrong = [one for pair in texts_of(catalogue.kept()).items() for side in pair for one in side]
    assert [one for one in wrong if '"' in TAGS.sub("", one)] == []


@pytest.fixture
def app() -> Flask:
    made = Flask(__name__)
    set_up_languages(made)
    return made


def test_words_and_days_follow_the_language_that_is_spoken(app: Flask) -> None:
    with app.app_context(), speaking("en"):
        assert words.LIFE_DOMAINS[LifeDomain.FINANCES] == ("Finances", "coin")
        assert account_words.ROLES["case_director"] == "Case director"
        assert dates.capitalised(dates.short_day(dates.today().replace(month=11, day=25))).split()[1:3] == ["25", "Nov"]
        assert dates.decimal(1.5) == "1.5"
    with app.app_context(), speaking("nl"):
        assert words.LIFE_DOMAINS[LifeDomain.FINANCES] == ("Financiën", "coin")
        assert dates.decimal(1.5) == "1,5"


def test_a_language_that_we_do_not_speak_is_dutch(app: Flask) -> None:
    with app.app_context(), speaking("xx"):
        assert gettext("Uitloggen") == "Uitloggen"


def test_an_icon_is_never_translated(app: Flask) -> None:
    with app.app_context(), speaking("en"):
        assert Words({"a": ("Nee", "Nee")}, at=(0,))["a"] == ("No", "Nee")


TEMPLATES = Path(catalogue.__file__).parent / "templates"
CALLS = re.compile(r"\b(?:_|n?gettext)\(\s*'(?:[^'\\]|\\.)*'(?:\s*,\s*'(?:[^'\\]|\\.)*')?")
SPOKEN = re.compile(
    r"(?<![\w-])'([A-ZÀ-Ý][a-zà-ÿ’]+[^']*|[^'/#<>=]*\b(?:de|het|een|van|voor|niet|uw|naar|bij)\b [^']*)'"
)
ATTRIBUTES = re.compile(r'\b(?:aria-label|placeholder|alt|label|title|data-woord-[\w-]+)="([^"{]*[a-z]{2}[^"{]*)"')
# Names, and what a client said: those are nobody's to translate.
AS_IT_IS = {"Schakel", "BSN", "OIN", "Client-id", "HTTP", "Eén iemand die belt. Dat is genoeg."}


def unspoken(source: str) -> set[str]:
    """Give the texts of a template that stand outside gettext: between marks, in attributes, and as literals."""
    source = re.sub(r"\{% block main_class %\}.*?\{% endblock %\}", "", source)
    plain = re.sub(
        r'&\w+;|[\w-]+="{2}|\bdata-[\w-]+', " ", re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    )
    between = {piece.strip(" \n.,:()–•?!;&") for piece in re.split(r"<[^>]*>", plain)}
    code = " ".join(re.findall(r"\{\{.*?\}\}|\{%.*?%\}", source, re.DOTALL))
    literals = set(SPOKEN.findall(CALLS.sub("_(", code)))
    return {text for text in between | literals | set(ATTRIBUTES.findall(source)) if re.search(r"[a-zà-ÿ]{2}", text)}


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_text_stands_in_a_template_outside_gettext(path: Path) -> None:
    assert unspoken(path.read_text(encoding="utf-8")) - AS_IT_IS == set()


def test_what_stands_outside_gettext_is_found() -> None:
    page = "<p aria-label=\"Hallo\">Dag {{ 'Tot ziens' }}{{ _('Goed') }}{{ button(_('Ja'), 'Naar huis') }}</p>"
    assert unspoken(page) == {"Hallo", "Dag", "Tot ziens", "Naar huis"}
