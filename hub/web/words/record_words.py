"""What people keep of a client, as it is drawn: contact that was had, appointments that come."""

import datetime as dt
from collections.abc import Sequence

from flask import current_app

from hub.services.cases.document_checks import SUFFIXES
from hub.services.cases.item_views import of_kind
from hub.services.views.case import CaseView, ItemView
from hub.settings import Configuration
from hub.web.translations import Words, gettext, ngettext
from hub.web.words.dates import local, short_day, time_of_day, today
from hub.wiring import EXTENSION, Hub
from schemas.vocabulary import ItemKind, ItemState

# Icon and words by how somebody was spoken, in the order of the form.
HOW = Words(
    {
        "phone": ("phone", "Telefoon"),
        "visit": ("home", "Huisbezoek"),
        "office": ("building-community", "Op kantoor"),
        "message": ("message-circle", "Bericht of mail"),
        "other": ("users", "Anders"),
    },
    at=(1,),
)
_FEW = 4


def coming(view: CaseView) -> list[ItemView]:
    """Give the appointments from today on, the first one first; one that was called off stays until its day."""
    states = (ItemState.OPEN, ItemState.STOPPED)
    found = [one for one in of_kind(view.items, ItemKind.APPOINTMENT) if one.state in states and day_of(one) >= today()]
    return sorted(found, key=_order)


def past(view: CaseView) -> list[ItemView]:
    """Give the appointments that were, the last one first."""
    ahead = {one.id for one in coming(view)}
    found = [one for one in of_kind(view.items, ItemKind.APPOINTMENT) if one.id not in ahead]
    return sorted(found, key=_order, reverse=True)


def contacts(view: CaseView) -> list[ItemView]:
    """Give when the client was spoken, the last time first."""
    return sorted(of_kind(view.items, ItemKind.CONTACT), key=_order, reverse=True)


def notes(view: CaseView) -> list[ItemView]:
    """Give the viewer's own notes, the last one first."""
    return sorted(of_kind(view.items, ItemKind.NOTE), key=lambda one: (one.created_at, one.id), reverse=True)


def documents(view: CaseView) -> list[ItemView]:
    """Give the documents, the last one that was added first."""
    return sorted(of_kind(view.items, ItemKind.DOCUMENT), key=lambda one: (one.created_at, one.id), reverse=True)


def own_words(view: CaseView) -> ItemView | None:
    """Give what was written down of the client's own words, with its version."""
    return next(iter(of_kind(view.items, ItemKind.OWN_WORDS)), None)


def document_suffixes() -> str:
    """Give what a document may end in, as a field for files asks it."""
    return ",".join(f".{suffix}" for suffix in SUFFIXES)


def most_megabytes() -> int:
    """Give how large a document may be."""
    hub = current_app.extensions.get(EXTENSION)
    return hub.config.document_megabytes if isinstance(hub, Hub) else Configuration.document_megabytes


def shown_first(found: Sequence[ItemView]) -> tuple[Sequence[ItemView], Sequence[ItemView]]:
    """Give what a list shows at once, and what it shows when asked."""
    return found[:_FEW], found[_FEW:]


def _order(item: ItemView) -> tuple[dt.datetime, str]:
    return item.at or item.created_at, item.id


def day_of(item: ItemView) -> dt.date:
    """Give the day that an item is about: when it is or was, else when it was written down."""
    return local(item.at or item.created_at).date()


def ends_at(item: ItemView) -> dt.datetime | None:
    """Give when an appointment ends, where that was agreed."""
    minutes = item.content.get("minutes")
    return item.at + dt.timedelta(minutes=int(minutes)) if item.at is not None and minutes else None


def span_of(item: ItemView) -> str:
    """Give from when to when: wo 25 nov, 10:00 tot 11:00."""
    if item.at is None:
        return ""
    begins = f"{short_day(day_of(item))}, {time_of_day(item.at)}"
    end = ends_at(item)
    return gettext("%(begin)s tot %(end)s", begin=begins, end=time_of_day(end)) if end else begins


def how_words(item: ItemView) -> tuple[str, str]:
    """Give icon and words of a contact: how, and whether somebody was spoken."""
    icon, words = HOW.get(str(item.content.get("how")), HOW["other"])
    if item.content.get("reached") is False:
        return icon, gettext("%(how)s, niet gesproken", how=words)
    minutes = item.content.get("minutes")
    if minutes:
        return icon, f"{words}, {ngettext('%(num)s minuut', '%(num)s minuten', int(minutes))}"
    return icon, words


def clock_text(at: dt.datetime | None) -> str:
    """Give a time as a field of a form has it; nothing where there is none."""
    return time_of_day(at) if at is not None else ""
