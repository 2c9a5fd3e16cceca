"""Words about what someone wrote down: its text in one line, its state, and what is wrong with a field."""

from hub.services.views import ItemView
from hub.web.translations import Words
from schemas.vocabulary import ItemState

ITEM_TEXTS = Words(
    {
        "c_title": "Doel, in eigen woorden",
        "c_text": "Tekst",
        "c_note": "Toelichting",
        "c_question": "De vraag aan het team",
        "c_why": "Waarom is dit nodig",
        "c_what": "Wat",
        "c_place": "Waar",
        "c_people": "Met wie",
    }
)
_STATES = Words(
    {
        ItemState.OPEN: "Open",
        ItemState.BUSY: "Bezig",
        ItemState.DONE: "Klaar",
        ItemState.STOPPED: "Gestopt",
        ItemState.REMOVED: "Weggehaald",
    }
)
_FAULTS = Words(
    {
        "text": "Vul een tekst in. Eén zin is genoeg.",
        "title": "Vul het doel in, het liefst in de woorden van de inwoner.",
        "question": "Vul in wat u van het team wilt weten.",
        "what": "Vul in waar de afspraak over gaat.",
        "due_on": "Die dag kennen wij niet. Kies een dag.",
        "at_day": "Die dag kennen wij niet. Kies een dag.",
        "at_time": "Die tijd kennen wij niet. Schrijf het als 14:30.",
        "holder": "Kies wie dit doet.",
        "holder_id": "Kies wie dit doet.",
        "audience": "Kies voor wie dit zichtbaar is.",
        "score": "Kies een cijfer van 1 tot en met 5.",
        "life_domains": "Kies over welke leefgebieden het gaat. Wie aan tafel zit, ziet alleen die.",
        "why": "Vul in waarom het team dit moet weten. Eén zin is genoeg.",
        "meeting_id": "Kies een overleg dat nog komt.",
        "": "Een veld is niet te gebruiken.",
    }
)


def item_words(item: ItemView) -> str:
    """Give the text of an item, whatever its kind calls it."""
    for name in ("title", "text", "question", "what", "name"):
        if item.content.get(name):
            return str(item.content[name])
    return ""


def item_state(item: ItemView) -> str:
    """Give how far an item is, in words."""
    return _STATES[item.state]


def item_fault(field: str) -> str:
    """Give what is wrong with a field, and how to mend it."""
    return _FAULTS[field if field in _FAULTS else ""]
