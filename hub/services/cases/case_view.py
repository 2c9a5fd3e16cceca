"""Build what one viewer sees of a case: the page, and the entries that come after it, by the same steps.

Positions are the viewer's own: they count what this viewer may see, from 1 without gaps, so that a missing number
never tells that there was something.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from hub.models import Case, CaseKey, Person, TimelineEntry
from hub.models import Client as ClientRecord
from hub.rules.access import Action, Category, Mask, reason
from hub.rules.audit import Deed
from hub.services.access.client_access import see_client
from hub.services.access.explaining import explained
from hub.services.access.gaze import Gaze, gaze_at
from hub.services.access.item_access import open_domains, open_kinds, why_item
from hub.services.access.referral_lines import organisation_name, place
from hub.services.access.release import person_for
from hub.services.access.ties import at_the_table
from hub.services.cases.case_entrance import NO_DIRECT, check_entrance, entrance_of, why_at_table
from hub.services.cases.case_entries import Found, entries_of, found_in, is_shown
from hub.services.cases.colleagues import colleagues_of, parties_of
from hub.services.cases.item_views import items_of, naming
from hub.services.cases.onlookers import consent_summary, onlookers
from hub.services.errors import NotFound
from hub.services.record.audit import Entry, seen, telling
from hub.services.record.case_keys import check_owner
from hub.services.record.own_story import said_on
from hub.services.record.windows import NEWEST, NOTHING, Shown, Window
from hub.services.views.case import CaseView, EntryView, ItemView
from hub.services.views.viewer import Viewer
from hub.services.views.why import Explained, Withheld
from hub.settings import Configuration
from hub.store.tables import table_of
from schemas.message import Client
from schemas.vocabulary import HEALTH_DOMAINS, OrganisationKind

_TIMELINE = table_of(TimelineEntry)
_OF_CASE = _TIMELINE.c.case_id == bindparam("case_id")
ENTRIES = (
    select(_TIMELINE)
    .where(_OF_CASE, _TIMELINE.c.position.between(bindparam("since"), bindparam("until")))
    .order_by(_TIMELINE.c.position)
)
# What decides whether an entry is shown, and nothing that must be decrypted.
HEADS = (
    select(_TIMELINE.c.position, _TIMELINE.c.kind, _TIMELINE.c.referral_id, _TIMELINE.c.item_id)
    .where(_OF_CASE)
    .order_by("position")
)
_CASES, _PEOPLE = table_of(Case), table_of(Person)
REGISSEUR = (
    select(_CASES.c.regisseur_id, _PEOPLE.c.organisation)
    .select_from(_CASES.outerjoin(_PEOPLE, _CASES.c.regisseur_id == _PEOPLE.c.id))
    .where(_CASES.c.id == bindparam("case_id"))
)
_NO_REFERRING = NO_DIRECT | {"income_consultant", "machine"}


@dataclass(frozen=True, kw_only=True)
class CaseFile:
    """A case as it is stored, before anything of it was decided."""

    case: Case
    person: Client
    regisseur: Person | None


def case_view(
    session: Session,
    config: Configuration,
    viewer: Viewer,
    case_id: str,
    now: dt.datetime,
    *,
    window: Window = NEWEST,
) -> CaseView:
    """Give a case as this viewer may see it; ``NotFound`` where it is not there for this viewer.

    Of the timeline no more is read than the ``window`` asks, however long it is.
    """
    with telling(session, viewer, Deed.CASE_VIEW, case_id):
        file = load_file(session, case_id)
        look = gaze_at(session, config, viewer, case_id, file.case.regisseur_id, now)
        # Before the referrals and items: of each entry that is read, what it is about is there.
        heads = session.execute(HEADS, {"case_id": case_id}).all()
        found = found_in(session, look, case_id)
        check_entrance(session, look, case_id, found)
        shown = [head for head in heads if is_shown(head, found)]
        view = drawn(session, look, file, found, window.of(shown))
    tell_case(session, look, Deed.CASE_VIEW, case_id, found, known=bool(view.client_name))
    return view


def drawn(session: Session, look: Gaze, file: CaseFile, found: Found, shown: Shown = NOTHING) -> CaseView:
    """Put together what a viewer sees, from what was found."""
    case, regisseur, viewer = file.case, file.regisseur, look.viewer
    whys, directs = _whys(look, _owner(regisseur), found), viewer.id == case.regisseur_id
    known = whys["person"].allowed
    person = file.person
    if not directs and not at_the_table(found.who):
        person = person_for(viewer.organisation, found.records, person)
    items = items_of(session, found.who, case.id)
    rows = session.execute(ENTRIES, {"case_id": case.id, **shown.span}).all() if shown.heads else ()
    entries = entries_of(look, rows, found, shown.first, entrance=whys["contact"], items=items)
    story = (case.story or {}) if whys["words"].allowed else {}
    lines = [one.line for one in found.referrals.values()]
    parties = parties_of(look.config, viewer, lines, regisseur)
    named = frozenset(code for code, _name in parties)
    writes = known and look.facts.emergency_until is None
    return CaseView(
        case_id=case.id,
        position=shown.position,
        client_name=full_name(person) if known else "",
        age=age_on(person.birth_date, look.now.date()) if known else None,
        bsn_tail=person.bsn[-3:] if whys["bsn"].allowed and person.bsn else None,
        area=case.area if known else None,
        contact_name=regisseur.name if regisseur else None,
        contact_organisation=organisation_name(look.config, regisseur.organisation) if regisseur else None,
        contact_since=case.regisseur_since,
        client_words=story.get("client_words"),
        strengths=tuple(story.get("strengths", ())),
        wishes=tuple(story.get("wishes", ())),
        words_said_on=said_on(story),
        referrals=tuple(sorted(lines, key=place, reverse=True)),
        entries=tuple(entries),
        withheld=withheld(look),
        emergency_until=look.facts.emergency_until,
        whys=whys,
        may_refer=known and look.facts.emergency_until is None and viewer.role not in _NO_REFERRING,
        items=tuple(naming(item, named) for item in items.values()),
        parties=parties,
        colleagues=colleagues_of(session, look.config, parties, look.now.date()) if found.who.ties else (),
        may_write=writes and _may_write(found),
        writes=open_kinds(found.who) if writes else frozenset(),
        contact_phone=_phone(look.config, regisseur),
        domains=_domains(look, found, regisseur),
        onlookers=onlookers(session, look, case.id, found, _owner(regisseur)) if directs else (),
        consent=consent_summary(look, found) if directs else None,
    )


def _owner(regisseur: Person | None) -> str:
    return regisseur.organisation if regisseur is not None else ""


def _phone(config: Configuration, regisseur: Person | None) -> str | None:
    organisation = config.organisation(regisseur.organisation) if regisseur is not None else None
    return organisation.phone if organisation is not None else None


def _domains(look: Gaze, found: Found, regisseur: Person | None) -> tuple[str, ...]:
    """Give the life domains of the plan that this viewer sees; of health none, where the role never sees that."""
    never = HEALTH_DOMAINS if any(one.what == _NEVER_HEALTH for one in withheld(look)) else frozenset()
    owner = regisseur.organisation if regisseur is not None else look.config.desk
    return tuple(domain for domain in open_domains(found.who, owner) if domain not in never)


def _may_write(found: Found) -> bool:
    """Whether this viewer may write in the plan or the conversation of this case at all."""
    viewer = found.who.look.viewer
    asked = why_item(
        found.who,
        category=Category.GOAL_PLAN,
        owner=viewer.organisation,
        purpose=viewer.purpose,
        domains=(),
        author=True,
        action=Action.EDIT,
    )
    return asked.decision.mask is Mask.FULL


def entries_after(
    session: Session,
    config: Configuration,
    viewer: Viewer,
    case_id: str,
    after: int,
    now: dt.datetime,
) -> list[EntryView]:
    """Give the entries this viewer may see after a position of the viewer's own count."""
    with telling(session, viewer, Deed.CASE_ENTRIES, case_id):
        look, found, entries = _after(session, config, viewer, case_id, after, now)
    tell_case(session, look, Deed.CASE_ENTRIES, case_id, found, known=False)
    return entries


def _after(
    session: Session, config: Configuration, viewer: Viewer, case_id: str, after: int, now: dt.datetime
) -> tuple[Gaze, Found, list[EntryView]]:
    case = session.execute(REGISSEUR, {"case_id": case_id}).one_or_none()
    if case is None:
        raise NotFound("There is no such case.")
    look = gaze_at(session, config, viewer, case_id, case.regisseur_id, now)
    heads = session.execute(HEADS, {"case_id": case_id}).all()
    found = found_in(session, look, case_id)
    check_entrance(session, look, case_id, found)
    new = [head for head in heads if is_shown(head, found)][after:]
    if not new:
        return look, found, []
    span = {"case_id": case_id, "since": new[0].position, "until": new[-1].position}
    rows = session.execute(ENTRIES, span).all()
    items: Mapping[str, ItemView] = {}
    if any(head.item_id is not None for head in new):
        items = items_of(session, found.who, case_id)
    entrance = entrance_of(look, case.organisation or "", found)
    return look, found, entries_of(look, rows, found, after + 1, entrance=entrance, items=items)


_OF_CLIENT = {"person": Category.CONTACT, "bsn": Category.IDENTIFIER, "words": Category.GOAL_PLAN}


def _whys(look: Gaze, owner: str, found: Found) -> dict[str, Explained]:
    """Decide about each group of what is known of the client, and say why."""
    whys = {}
    for name, category in _OF_CLIENT.items():
        through = see_client(look, found.records, category)
        if not through[0].decision.allow and at_the_table(found.who):
            through = (why_at_table(found, owner, category), None)
        whys[name] = explained(look, *through)
    return whys | {"contact": entrance_of(look, owner, found)}


def tell_case(session: Session, look: Gaze, deed: Deed, case_id: str, found: Found, *, known: bool) -> None:
    """Tell the audit log what of a case was shown."""
    seen(session, case_entry(look, deed, case_id, found, known=known))


def case_entry(look: Gaze, deed: Deed, case_id: str, found: Found, *, known: bool) -> Entry:
    """Give what the audit log is told where a case was shown."""
    return Entry(
        viewer=look.viewer,
        deed=deed,
        case_id=case_id,
        objects=tuple(found.referrals),
        sights=tuple(look.sights),
        detail="person" if known else None,
    )


def positions_of(session: Session, case_ids: list[str]) -> list[tuple[str, int]]:
    """Give how far cases have grown, all entries counted."""
    rows = session.execute(select(Case.id, Case.position).where(Case.id.in_(case_ids)))
    return [(case_id, position) for case_id, position in rows]


def load_file(session: Session, case_id: str) -> CaseFile:
    """Read a case with who it is about and who directs it."""
    row = session.execute(
        select(CaseKey.key, Case, ClientRecord, Person)  # the key before what it opens
        .select_from(Case)
        .outerjoin(CaseKey, CaseKey.owner == Case.id)
        .join(ClientRecord, Case.client_id == ClientRecord.id)
        .outerjoin(Person, Case.regisseur_id == Person.id)
        .where(Case.id == case_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such case.")
    _key, case, client, regisseur = row
    for content in (case.story, client.person):
        check_owner(content, case_id)
    return CaseFile(case=case, person=Client(**client.person), regisseur=regisseur)


_NEVER_HEALTH = "health"
_NEVER_GUIDANCE = "guidance"


def withheld(look: Gaze) -> tuple[Withheld, ...]:
    """Name what this viewer is never shown. It depends on the role alone, so it tells nothing about the client."""
    names: list[Withheld] = []
    if look.kind in (OrganisationKind.WORK_AND_INCOME, OrganisationKind.REINTEGRATION):
        names.append(Withheld(what=_NEVER_HEALTH, rule="D08", reason=reason("D08").nl))
    if look.viewer.role == "income_consultant":
        names.append(Withheld(what=_NEVER_GUIDANCE, rule="D02", reason=reason("D02").nl))
    return tuple(names)


def full_name(person: Client) -> str:
    """Give the name as people say it: given name or initials, prefix, family name."""
    parts: Iterable[str | None] = (person.given_name or person.initials, person.prefix, person.family_name)
    return " ".join(part for part in parts if part)


def age_on(birth_date: str | None, day: dt.date) -> int | None:
    """Give the age on a day, from a date that may be known to the year alone."""
    if not birth_date:
        return None
    born = [int(part) for part in birth_date.split("-")]
    before = tuple(born[1:]) > (day.month, day.day)[: len(born) - 1]
    return day.year - born[0] - (1 if before else 0)
