"""The sentences of the timeline about what people wrote down: what happened, and the words at that moment."""

from hub.services.views.case import EntryView
from hub.web.translations import Words, gettext, ngettext
from hub.web.words.words import LIFE_DOMAINS
from schemas.vocabulary import ItemKind, LifeDomain

# By kind of entry: icon, tone, words.
ITEM_SENTENCES = Words(
    {
        "score_added": ("stairs-up", "info", "Leefgebied besproken"),
        "score_changed": ("stairs-up", "", "Score verbeterd"),
        "score_removed": ("trash", "", "Score weggehaald"),
        "goal_added": ("target", "info", "Nieuw doel"),
        "goal_changed": ("target", "", "Doel aangepast"),
        "goal_done": ("circle-check", "goed", "Doel gehaald"),
        "goal_stopped": ("circle-x", "", "Met dit doel gestopt"),
        "goal_open": ("target", "", "Weer met dit doel verder"),
        "goal_removed": ("trash", "", "Doel weggehaald"),
        "step_added": ("plus", "", "Stap toegevoegd"),
        "step_changed": ("pencil", "", "Stap aangepast"),
        "step_busy": ("progress", "info", "Met een stap begonnen"),
        "step_done": ("circle-check", "goed", "Stap klaar"),
        "step_open": ("circle", "", "Stap weer open"),
        "step_removed": ("trash", "", "Stap weggehaald"),
        "remark_added": ("message-circle", "", "Bericht in het gesprek"),
        "remark_changed": ("pencil", "", "Bericht aangepast"),
        "remark_removed": ("trash", "", "Bericht weggehaald"),
        "agreement_added": ("checkbox", "info", "Afspraak gemaakt"),
        "agreement_changed": ("pencil", "", "Afspraak aangepast"),
        "agreement_busy": ("progress", "info", "Met een afspraak begonnen"),
        "agreement_done": ("circle-check", "goed", "Afspraak nagekomen"),
        "agreement_open": ("circle", "", "Afspraak weer open"),
        "agreement_removed": ("trash", "", "Afspraak weggehaald"),
        "decision_added": ("gavel", "info", "Besloten"),
        "decision_changed": ("pencil", "", "Besluit aangepast"),
        "decision_removed": ("trash", "", "Besluit weggehaald"),
        "agenda_item_added": ("users-group", "info", "Op de agenda van een overleg"),
        "agenda_item_changed": ("pencil", "", "Agendapunt aangepast"),
        "agenda_item_busy": ("users-group", "info", "Wordt besproken in het overleg"),
        "agenda_item_done": ("users-group", "goed", "Besproken in het overleg"),
        "agenda_item_open": ("users-group", "", "Weer op de agenda van een overleg"),
        "agenda_item_removed": ("trash", "", "Van de agenda gehaald"),
        "document_added": ("file-text", "info", "Document toegevoegd"),
        "document_changed": ("file-text", "", "Document aangepast"),
        "document_removed": ("trash", "", "Document weggehaald"),
        "contact_changed_item": ("phone", "", "Contact aangepast"),
        "contact_added": ("phone", "", "Contact gehad"),
        "contact_removed": ("trash", "", "Contact weggehaald"),
        "appointment_added": ("calendar-event", "info", "Afspraak gepland"),
        "appointment_changed": ("calendar-event", "", "Afspraak verzet of aangepast"),
        "appointment_done": ("circle-check", "goed", "Afspraak geweest"),
        "appointment_stopped": ("circle-x", "", "Afspraak gaat niet door"),
        "appointment_open": ("calendar-event", "", "Afspraak gaat weer door"),
        "own_words_added": ("message-circle", "info", "Eigen woorden vastgelegd"),
        "own_words_changed": ("message-circle", "info", "Eigen woorden aangepast"),
        "appointment_removed": ("trash", "", "Geplande afspraak weggehaald"),
    },
    at=(2,),
)
_HOW = Words(
    {
        "phone": "Gebeld",
        "visit": "Op bezoek geweest",
        "office": "Gesproken op kantoor",
        "message": "Bericht gestuurd",
        "other": "Contact gehad",
    }
)
_NOT_REACHED = Words({"phone": "Gebeld, geen gehoor", "visit": "Langs geweest, niemand thuis"})


def item_line(entry: EntryView) -> tuple[str, str, str] | None:
    """Give icon, tone and words of an entry about something written down; nothing for an entry about something else."""
    item = entry.item
    if item is None:
        return None
    kind = "contact_changed_item" if entry.kind == "contact_changed" else entry.kind
    icon, tone, words = ITEM_SENTENCES.get(kind, ("circle", "", gettext("Er is iets bijgewerkt")))
    if item.kind is ItemKind.CONTACT and entry.kind == "contact_added":
        how = str(entry.data.get("how") or "other")
        unheard = entry.data.get("reached") is False
        words = _NOT_REACHED.get(how, _HOW["other"]) if unheard else _HOW.get(how, words)
        minutes = item.content.get("minutes")
        if minutes and not unheard:
            words += f" ({ngettext('%(num)s minuut', '%(num)s minuten', int(minutes))})"
    return icon, tone, words


def item_said(entry: EntryView) -> str | None:
    """Give the words of what was written down as they were at that moment; of a score its life domain and number."""
    item = entry.item
    if item is None:
        return None
    if item.kind is ItemKind.SCORE:
        names = ", ".join(LIFE_DOMAINS[LifeDomain(domain)][0] for domain in item.life_domains)
        return f"{names}: {entry.data.get('score', '')}".strip()
    for name in ("title", "text", "question", "what", "name", "client_words"):
        if entry.data.get(name):
            return _with_agreed(str(entry.data[name]), entry)
    return _with_agreed("", entry) or None


def _with_agreed(said: str, entry: EntryView) -> str:
    """Give what was said, with what was agreed then."""
    agreed = entry.data.get("agreed")
    return f"{said} {gettext('Afgesproken: %(what)s', what=agreed)}".strip() if agreed else said
