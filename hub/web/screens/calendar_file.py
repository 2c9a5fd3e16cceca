"""An appointment as a file for somebody's own calendar."""

import datetime as dt
from uuid import NAMESPACE_URL, uuid5

from icalendar import Calendar, Event

from hub.services.views.case import ItemView
from schemas.vocabulary import ItemState

_LENGTH = 60  # minutes, where no end was agreed


def calendar_file(item: ItemView) -> bytes:
    """Give an appointment as iCalendar (RFC 5545): when and where it is, and nothing of whom or what it is about.

    A calendar goes where our rules do not: to a phone with its lock screen, to a secretary, to a provider elsewhere.
    So it holds no name, no number, no subject and no address of the case; who wants to know more opens the case here.
    """
    assert item.at is not None  # an appointment has a moment
    event = Event()
    # The same appointment, once moved, replaces itself; what it is called there leads nowhere here.
    event.add("uid", f"{uuid5(NAMESPACE_URL, f'schakel:appointment:{item.id}')}@schakel")
    event.add("dtstamp", item.changed_at.astimezone(dt.UTC))
    event.add("sequence", item.version - 1)
    event.add("dtstart", item.at.astimezone(dt.UTC))
    minutes = int(item.content.get("minutes") or _LENGTH)
    event.add("dtend", item.at.astimezone(dt.UTC) + dt.timedelta(minutes=minutes))
    event.add("summary", "Afspraak")
    if item.content.get("place"):
        event.add("location", str(item.content["place"]))
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if item.state is ItemState.STOPPED else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Schakel//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
