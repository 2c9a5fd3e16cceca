"""Words about what someone wrote down: its text in one line, its state, and what is wrong with a field."""

from hub.services.views.case import ItemView
from hub.web.translations import Words
from schemas.vocabulary import ItemState

ITEM_TEXTS = Words(
    {
        "c_title": "Doel, in eigen woorden",
        "c_text": "Tekst",
        "c_note": "Toelichting",
        "c_question": "De vraag aan het team",
        "c_why": "Waarom is dit nodig",
        "c_what": "Waar gaat het over",
        "c_place": "Waar",
        "c_people": "Met wie",
        "c_agreed": "Wat is er afgesproken",
        "c_client_words": "In eigen woorden",
        "c_wishes": "Wensen (elke wens op een regel)",
        "c_strengths": "Sterke kanten (elk op een regel)",
        "c_name": "Naam van het document",
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
        "at_future": "Die dag is nog niet geweest. Kies vandaag of eerder, of plan een afspraak.",
        "at_time": "Die tijd kennen wij niet. Schrijf het als 14:30.",
        "until_time": "De afspraak eindigt vóór hij begint. Kies een latere tijd bij ‘Tot’.",
        "how": "Kies hoe u contact had.",
        "minutes": "Een afspraak duurt minstens 5 minuten en hoogstens een dag.",
        "holder": "Kies wie dit doet.",
        "holder_id": "Kies wie dit doet.",
        "audience": "Kies voor wie dit zichtbaar is.",
        "score": "Kies een cijfer van 1 tot en met 5.",
        "life_domains": "Kies over welke leefgebieden het gaat. Wie aan tafel zit, ziet alleen die.",
        "why": "Vul in waarom het team dit moet weten. Eén zin is genoeg.",
        "meeting_id": "Kies een overleg dat nog komt.",
        "doc_none": "Kies eerst een bestand.",
        "doc_empty": "Dit bestand is leeg. Kies een ander bestand.",
        "doc_large": "Dit bestand is te groot. Maak het kleiner, of deel het op.",
        "doc_kind": "Dit soort bestand bewaren wij niet. Sla het op als pdf, of als foto (jpg of png).",
        "doc_macro": "In dit bestand zitten macro’s: opdrachten die een computer uitvoert. Sla het op als pdf.",
        "doc_old_office": "Dit is een oud soort bestand, waarin wij niet kunnen kijken. Sla het op als pdf of docx.",
        "doc_web": "Dit is een webpagina of een tekening met code erin. Druk het af als pdf, en bewaar die.",
        "doc_archive": "Dit is een map met bestanden in één (zip). Voeg de documenten een voor een toe.",
        "doc_program": "Dit is een programma. Een programma bewaren wij nooit.",
        "doc_other": "Wat in dit bestand staat, past niet bij de naam. Open het, en sla het opnieuw op als pdf.",
        "doc_double": "In dit bestand zit een tweede bestand verstopt. Open het, en sla het opnieuw op als pdf of jpg.",
        "doc_broken": "Dit bestand is beschadigd. Open het, en sla het opnieuw op.",
        "doc_bomb": "Dit bestand wordt bij het openen veel te groot. Sla het opnieuw op als pdf.",
        "doc_active": "Deze pdf kan zelf iets doen, of er zit een bestand in. Druk hem af als nieuwe pdf.",
        "doc_locked": "Dit bestand zit op slot met een wachtwoord. Sla het op zonder wachtwoord.",
        "doc_inside": "In dit document zit een ander bestand. Sla het op als pdf.",
        "doc_links": "Dit document haalt iets op van een andere plek. Sla het op als pdf.",
        "": "Een veld is niet te gebruiken.",
    }
)


def item_words(item: ItemView) -> str:
    """Give the text of an item, whatever its kind calls it."""
    for name in ("title", "text", "question", "what", "name"):
        if item.content.get(name):
            return str(item.content[name])
    own = (item.content.get(name) for name in ("client_words", "wishes", "strengths"))
    return "\n".join(str(words) for words in own if words)


def item_state(item: ItemView) -> str:
    """Give how far an item is, in words."""
    return _STATES[item.state]


def item_fault(field: str) -> str:
    """Give what is wrong with a field, and how to mend it."""
    return _FAULTS[field if field in _FAULTS else ""]
