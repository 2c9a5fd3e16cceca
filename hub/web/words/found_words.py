"""How what was found is shown: what kind it is, the piece of text around the word, and the word marked."""

import re
from collections.abc import Iterable

from hub.rules import searching
from hub.rules.searching import Asked
from hub.services.views.case import ItemView
from hub.web.translations import Words
from schemas.vocabulary import ItemKind

# icon, what it is
FOUND_KINDS = Words(
    {
        ItemKind.SCORE: ("target", "Leefgebied"),
        ItemKind.GOAL: ("flag", "Doel"),
        ItemKind.STEP: ("stairs-up", "Stap"),
        ItemKind.REMARK: ("message-circle", "Bericht"),
        ItemKind.AGREEMENT: ("check", "Afspraak"),
        ItemKind.DECISION: ("gavel", "Besluit"),
        ItemKind.MINUTE: ("writing", "Verslag van het overleg"),
        ItemKind.AGENDA_ITEM: ("users-group", "Vraag aan het team"),
        ItemKind.DOCUMENT: ("file-text", "Document"),
        ItemKind.NOTE: ("pencil", "Eigen aantekening"),
        ItemKind.CONTACT: ("phone", "Contact"),
        ItemKind.OWN_WORDS: ("message-circle", "In eigen woorden"),
        ItemKind.APPOINTMENT: ("calendar-event", "Afspraak in de agenda"),
    },
    at=(1,),
)
# Where it stands on the page of the client; what is not named here stands on the timeline alone.
_PLACES = {
    ItemKind.GOAL: "doel-{id}",
    ItemKind.STEP: "stap-{id}",
    ItemKind.REMARK: "bericht-{id}",
    ItemKind.AGREEMENT: "afspraak-{id}",
    ItemKind.SCORE: "leefgebied-{domain}",
    ItemKind.CONTACT: "contact-{id}",
    ItemKind.APPOINTMENT: "agenda-{id}",
    ItemKind.DOCUMENT: "document-{id}",
    ItemKind.NOTE: "aantekening-{id}",
}
_WORD = re.compile(r"[^\W_]+")
_BEFORE, _LONGEST = 60, 200
Pieces = list[tuple[str, bool]]


def place_of(item: ItemView) -> str:
    """Give the name of the place on the page of a client where something that was found stands."""
    domain = item.life_domains[0] if item.life_domains else ""
    return _PLACES.get(item.kind, "tijdlijn").format(id=item.id, domain=domain)


def marked(text: str, asked: Asked) -> Pieces:
    """Give a text in pieces, each with whether it is what was asked for."""
    pieces: Pieces = []
    end = 0
    for word in _WORD.finditer(text):
        if _is_asked(searching.words_of(word.group()), asked):
            pieces += [(text[end : word.start()], False), (word.group(), True)]
            end = word.end()
    return [piece for piece in (*pieces, (text[end:], False)) if piece[0]]


def excerpt(text: str, asked: Asked) -> str:
    """Give the part of a text in which the first word stands that was asked for."""
    first = next((one for one in _WORD.finditer(text) if _is_asked(searching.words_of(one.group()), asked)), None)
    begin = max(0, first.start() - _BEFORE) if first is not None else 0
    if begin:
        begin = text.find(" ", begin) + 1
    part = text[begin : begin + _LONGEST]
    if begin + _LONGEST < len(text):
        part = f"{part.rpartition(' ')[0] or part} …"
    return f"… {part}" if begin else part


def _is_asked(words: Iterable[str], asked: Asked) -> bool:
    number = str(asked.number) if asked.number is not None else None
    return any(word == number or any(searching.fits(term, word) for term in asked.terms) for word in words)
