"""What happened since someone looked last, in lines: at most five, each with where it stands on the page."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.rules.visits import last_working_day
from hub.services.record.visits import Since
from hub.services.views.case import EntryView
from hub.web.translations import ngettext
from hub.web.words import dates
from hub.web.words.sentences import sentence_of, told
from schemas.vocabulary import ItemKind

MOST = 5
_PLACES = {
    ItemKind.SCORE: "leefgebieden",
    ItemKind.GOAL: "plan",
    ItemKind.STEP: "plan",
    ItemKind.REMARK: "gesprek",
    ItemKind.AGREEMENT: "afspraken",
    ItemKind.CONTACT: "contact",
    ItemKind.APPOINTMENT: "contact",
    ItemKind.DOCUMENT: "documenten",
    ItemKind.OWN_WORDS: "eigen",
}


@dataclass(frozen=True, kw_only=True)
class SinceLine:
    """One line: what happened, what was said with it, by whom, and where it stands on the page."""

    icon: str
    tone: str
    start: str
    rest: str
    said: str
    who: str
    when: str
    place: str
    title: str = ""
    """The referral that it is about, after the rest."""


def since_lines(found: Since) -> list[SinceLine]:
    """Give what happened as lines, newest first; messages of a conversation are one line together."""
    remarks = [entry for entry in found.entries if entry.kind == "remark_added"]
    lines = []
    for entry in found.entries:
        if entry.kind != "remark_added":
            lines.append(_line(entry))
        elif entry is remarks[0]:
            lines.append(_talk(remarks))
    return lines


def _line(entry: EntryView) -> SinceLine:
    sentence = sentence_of(entry)
    title = entry.referral.title if entry.referral is not None else ""
    return SinceLine(
        icon=sentence.icon,
        tone=sentence.tone,
        start=sentence.start,
        rest=sentence.rest if title or entry.referral is None else "",
        said=(told(entry) or "") if entry.item is not None else "",
        who=entry.actor or entry.organisation_name or "",
        when=dates.moment(entry.at),
        place=_place(entry),
        title=title,
    )


def _talk(remarks: Sequence[EntryView]) -> SinceLine:
    writers = list(dict.fromkeys(entry.actor or entry.organisation_name or "" for entry in reversed(remarks)))
    return SinceLine(
        icon="message-circle",
        tone="",
        start=ngettext("%(num)d nieuw bericht in het gesprek", "%(num)d nieuwe berichten in het gesprek", len(remarks)),
        rest="",
        said="",
        who=", ".join(writer for writer in writers if writer),
        when=dates.moment(remarks[0].at),
        place="gesprek",
    )


def _place(entry: EntryView) -> str:
    if entry.referral is not None:
        return f"verwijzing-{entry.referral.id}"
    if entry.item is not None:
        return _PLACES.get(entry.item.kind, "tijdlijn")
    return "tijdlijn"


def news_words(count: int) -> str:
    """Give how much is new on a row of the work list, and since when: the working day before today."""
    day = last_working_day(dates.clock())
    if (dates.today() - day).days == 1:
        return ngettext("%(num)d nieuw sinds gisteren", "%(num)d nieuw sinds gisteren", count)
    name = dates.long_day(day).split(maxsplit=1)[0]
    return ngettext("%(num)d nieuw sinds %(day)s", "%(num)d nieuw sinds %(day)s", count, day=name)
