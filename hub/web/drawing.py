"""What the templates may call: words, dates, addresses. Nothing here needs a request, so that pushes can use it too."""

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any
from urllib.parse import quote

from flask import Flask, has_request_context, request
from flask_wtf.csrf import generate_csrf
from jinja2.runtime import Context
from jinja2.utils import missing

from hub.rules.blocks import BLOCK, first_shown
from hub.rules.items import ITEMS
from hub.rules.lifecycle import REVIEW_TURNS
from hub.services.access.referral_lines import place
from hub.services.people.management import may_manage
from hub.services.views.case import CaseView, EntryView
from hub.services.views.referral import ReferralLine
from hub.services.views.viewer import Viewer
from hub.web.static_files import STYLE, asset, imports_of
from hub.web.words import (
    access_words,
    account_words,
    alert_words,
    audit_words,
    conversation,
    dates,
    form_words,
    inbox_words,
    item_texts,
    labels,
    meeting_words,
    onlooker_words,
    plan_words,
    record_words,
    rights_words,
    room_words,
    sentences,
    since_words,
    tracks,
    traffic_words,
    words,
    worklist_words,
)
from hub.web.words.turns import (
    is_mine,
    mark,
    may_ask_emergency,
    runs_the_traffic,
    turn_of,
    watches_over,
    works_on_clients,
)

_TALK = frozenset({"ask", "answer", "delivered", "processed", "delayed", "deadline_passed"})
# After these others see more or less of a client than before, and a regisseur's page says who sees what.
_MOVES = frozenset({"accept", "undo_accept", "decline", "complete", "withdraw", "client_stops", "end", "expire"}) | {
    "reopen",
    "mark_error",
    "confirm_redirect",
}


def case_path(case_id: str) -> str:
    """Give the address of a client's page."""
    return f"/inwoners/{quote(case_id, safe='')}"


def referral_path(referral_id: str) -> str:
    """Give the address of a referral's page."""
    return f"/verwijzingen/{quote(referral_id, safe='')}"


def inbox_path(referral_id: str) -> str:
    """Give the address of a referral in its receiver's inbox."""
    return f"/werkvoorraad/{quote(referral_id, safe='')}"


def initials(name: str) -> str:
    """Give the first letters of the first and the last word of a name."""
    parts = name.split()
    return (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else "")).upper() if parts else "?"


def first_name(name: str) -> str:
    """Give the first word of a name."""
    return name.split(maxsplit=1)[0] if name.split() else name


def sort_key(referral: ReferralLine) -> str:
    """Give the fixed place of a row among the others: sent last comes first, whatever the state."""
    return "-".join(place(referral))


def entry_key(entry: EntryView) -> str:
    """Give the fixed place of an entry among the others of its day: newest first."""
    return f"{dates.local(entry.at):%H%M%S%f}-{entry.position:09d}"


def in_days(entries: Iterable[EntryView]) -> list[tuple[dt.date, list[EntryView]]]:
    """Give the entries by day, newest day and newest entry first; a masked one has no moment that may be told.

    What is written in a meeting stands there, not in the timeline.
    """

    def day_of(entry: EntryView) -> dt.date:
        return dates.local(entry.at).date()

    told = (entry for entry in entries if entry.kind != "masked" and (not entry.item or ITEMS[entry.item.kind].told))
    ordered = sorted(told, key=lambda entry: (day_of(entry), entry_key(entry)), reverse=True)
    return [(day, list(group)) for day, group in groupby(ordered, key=day_of)]


def changes_ties(entry: EntryView, viewer: Viewer) -> bool:
    """Whether an entry may change what a viewer sees of all else: who has part, or what his own referral opens."""
    if entry.referral is None or entry.item is not None:
        return False
    own = entry.referral.organisation == viewer.organisation_name and entry.kind not in _TALK
    return entry.kind == "send" or own or (works_on_clients(viewer) and entry.kind in _MOVES)


def recent(view: CaseView) -> list[EntryView]:
    """Give the entries that the page shows: the newest ones."""
    first = first_shown(view.position)
    return [entry for entry in view.entries if entry.position >= first]


def earlier_path(case_id: str, before: int) -> str:
    """Give the address of what happened before an entry."""
    return f"{case_path(case_id)}/tijdlijn?voor={before}"


def newest_first(referrals: Iterable[ReferralLine]) -> list[ReferralLine]:
    """Give the rows in their fixed order."""
    return sorted(referrals, key=sort_key, reverse=True)


def start_path(viewer: Viewer) -> str:
    """Give the page where the viewer's work starts."""
    if viewer.role == "privacy_officer":
        return "/controle"
    if viewer.role == "policy_adviser":
        return "/rapportage"
    return "/berichten" if runs_the_traffic(viewer) else "/werkvoorraad"


def form_token() -> str:
    """Give what proves that a form is ours; nothing in what is drawn for a push: the page puts its own there."""
    # A page that is not there has forms too (to sign out, to search), and no blueprint.
    on_page = has_request_context() and not request.path.startswith("/socket.io")
    return generate_csrf() if on_page else ""


class _Names(Context):
    """Looks what every template may call up in the one table that holds it.

    Jinja copies all of a template's globals at each include and import, some hundreds of times for one page; ours get
    none of their own.
    """

    def resolve_or_missing(self, key: str) -> Any:
        """Give what a name stands for: here, in what the template was given, or everywhere."""
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        return self.environment.globals.get(key, missing)


def _own_globals(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give the globals of one template: no more than it was given."""
    return dict(given or {})


def set_up_templates(app: Flask) -> None:
    """Give the templates their words."""
    app.jinja_env.make_globals = _own_globals  # type: ignore[method-assign,assignment]
    app.jinja_env.context_class = _Names
    modules = (
        dates, labels, words, access_words, account_words, traffic_words, inbox_words, audit_words, rights_words,
    )  # fmt: skip
    app.jinja_env.globals.update(
        {name: value for module in modules for name, value in vars(module).items() if not name.startswith("_")}
    )
    functions = (
        asset, imports_of,
        case_path, referral_path, inbox_path, initials, first_name, mark, is_mine, turn_of, sort_key, entry_key,
        in_days,
        conversation.threads, conversation.agreements, conversation.decisions, conversation.with_names,
        conversation.talks_about, conversation.who_does, conversation.day_term,
        worklist_words.greeting, worklist_words.needed_words, worklist_words.days_ago, worklist_words.line_term,
        worklist_words.line_action, worklist_words.caseload_words,
        meeting_words.meeting_path, meeting_words.table_domains, meeting_words.goes_to_meetings,
        meeting_words.has_team_day, meeting_words.who_may,
        item_texts.item_words, item_texts.item_state, item_texts.item_fault,
        newest_first, changes_ties, first_shown, recent, earlier_path, works_on_clients, runs_the_traffic, watches_over,
        may_ask_emergency, may_manage, start_path,
        onlooker_words.sees_words, onlooker_words.never_words,
        alert_words.alert_words, alert_words.alert_said, since_words.since_lines, since_words.news_words,
        sentences.sentence_of, sentences.told, sentences.by_whom, sentences.change_words,
        tracks.step_words, tracks.trail_words, tracks.trail_steps,
        room_words.room_words, room_words.list_words, room_words.reply_words, room_words.has_room, room_words.is_full,
        plan_words.domains_of, plan_words.plan_of, plan_words.people_of, plan_words.who_of, plan_words.audience_words,
        record_words.coming, record_words.past, record_words.contacts, record_words.notes, record_words.documents,
        record_words.own_words, record_words.shown_first, record_words.day_of, record_words.ends_at,
        record_words.span_of, record_words.how_words, record_words.clock_text,
        record_words.document_suffixes, record_words.most_megabytes,
        plan_words.never_health, plan_words.next_appointment, form_token,
        form_words.field_name, form_words.why_lost, form_words.bytes_text, form_words.sizes_text,
    )  # fmt: skip
    app.jinja_env.globals.update({function.__name__: function for function in functions})
    app.jinja_env.globals["WORK_REASONS"] = worklist_words.WORK_REASONS
    app.jinja_env.globals["WORK_ICONS"] = worklist_words.WORK_ICONS
    app.jinja_env.globals["ITEM_TEXTS"] = item_texts.ITEM_TEXTS
    app.jinja_env.globals.update(
        MAY_PROPOSE=words.MAY_PROPOSE, TAKE_PROPOSAL=words.TAKE_PROPOSAL, REVIEW_TURNS=REVIEW_TURNS
    )
    app.jinja_env.globals.update(
        TALKS=conversation.TALKS, BLOCK=BLOCK, STYLE=STYLE, SCORES=plan_words.SCORES, STEP_MARKS=plan_words.STEP_MARKS
    )
    app.jinja_env.globals["ALERT_ICONS"] = alert_words.ALERT_ICONS
    app.jinja_env.globals["MOST_SINCE"] = since_words.MOST
    app.jinja_env.globals["HOW"] = record_words.HOW
    app.jinja_env.globals["REFRESHING"] = sentences.REFRESHING
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
