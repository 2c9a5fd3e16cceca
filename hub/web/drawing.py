"""What the templates may call: words, dates, addresses. Nothing here needs a request, so that pushes can use it too."""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from urllib.parse import quote

from flask import Flask

from hub.services.views import EntryView, ReferralLine, Viewer
from hub.web import dates, labels, sentences, tracks, words
from schemas.vocabulary import Status

_CLIENT_LIST = frozenset({"case_director"})
_OPERATORS = frozenset({"functional_admin"})


def asset(name: str) -> str:
    """Give the address of a static file."""
    return f"/static/{name}"


def case_path(case_id: str) -> str:
    """Give the address of a client's page."""
    return f"/inwoners/{quote(case_id, safe='')}"


def referral_path(referral_id: str) -> str:
    """Give the address of a referral's page."""
    return f"/verwijzingen/{quote(referral_id, safe='')}"


def initials(name: str) -> str:
    """Give the first letters of the first and the last word of a name."""
    parts = name.split()
    return (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else "")).upper() if parts else "?"


def first_name(name: str) -> str:
    """Give the first word of a name."""
    return name.split(maxsplit=1)[0] if name.split() else name


def mark(code: str, referral: ReferralLine | None = None, viewer: Viewer | None = None) -> tuple[str, str, str]:
    """Give tone, icon and words of a state; a question to the viewer's own organisation says so."""
    tone, icon, text = words.MARKS.get(code, ("neutraal", "circle", code))
    if code == Status.QUESTION and referral and viewer and is_mine(referral, viewer):
        return tone, icon, "Vraag aan u"
    if code == Status.QUESTION:
        return "info", icon, text
    if code == Status.SENT and referral and referral.delivery in ("delivered", "processed"):
        return "info", "inbox", "Bezorgd"
    return tone, icon, text


def is_mine(referral: ReferralLine, viewer: Viewer) -> bool:
    """Whether it is the turn of the viewer or of the viewer's organisation."""
    if referral.next_who == "regisseur":
        return works_on_clients(viewer)
    return referral.next_who is not None and turn_of(referral) in (viewer.organisation_name, viewer.name)


def turn_of(referral: ReferralLine) -> str:
    """Give who is next, by name: the part in the referral turned into the organisation that plays it."""
    parts = {"sender": referral.sender, "receiver": referral.organisation, "regisseur": "Vast contactpersoon"}
    return parts.get(referral.next_who or "", referral.next_who or "")


def sort_key(referral: ReferralLine) -> str:
    """Give the fixed place of a row among the others: newest number first, whatever the state."""
    return f"{len(referral.number):03d}{referral.number}-{referral.id}"


def entry_key(entry: EntryView) -> str:
    """Give the fixed place of an entry among the others of its day: newest first."""
    return f"{dates.local(entry.at):%H%M%S%f}-{entry.position:09d}"


def in_days(entries: Iterable[EntryView]) -> list[tuple[dt.date, list[EntryView]]]:
    """Give the entries by day, newest day and newest entry first."""

    def day_of(entry: EntryView) -> dt.date:
        return dates.local(entry.at).date()

    ordered = sorted(entries, key=lambda entry: (day_of(entry), entry_key(entry)), reverse=True)
    return [(day, list(group)) for day, group in groupby(ordered, key=day_of)]


def newest_first(referrals: Iterable[ReferralLine]) -> list[ReferralLine]:
    """Give the rows in their fixed order."""
    return sorted(referrals, key=sort_key, reverse=True)


def works_on_clients(viewer: Viewer) -> bool:
    """Whether the viewer's work list holds clients; else it holds referrals that came in."""
    return viewer.role in _CLIENT_LIST


def runs_the_traffic(viewer: Viewer) -> bool:
    """Whether the viewer looks after the messages."""
    return viewer.role in _OPERATORS


def start_path(viewer: Viewer) -> str:
    """Give the page where the viewer's work starts."""
    return "/berichten" if runs_the_traffic(viewer) else "/werkvoorraad"


def set_up_templates(app: Flask) -> None:
    """Give the templates their words."""
    modules = (dates, labels, words)
    app.jinja_env.globals.update(
        {name: value for module in modules for name, value in vars(module).items() if not name.startswith("_")}
    )
    functions = (
        asset, case_path, referral_path, initials, first_name, mark, is_mine, turn_of, sort_key, entry_key, in_days,
        newest_first, works_on_clients, runs_the_traffic, start_path,
        sentences.sentence_of, sentences.told, sentences.by_whom, tracks.step_words, tracks.trail_words,
    )  # fmt: skip
    app.jinja_env.globals.update({function.__name__: function for function in functions})
    app.jinja_env.globals["REFRESHING"] = sentences.REFRESHING
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
