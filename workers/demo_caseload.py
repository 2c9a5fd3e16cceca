"""The plans of Marloes' other clients in the demo: a goal with steps each, when they were spoken, and what stalls."""

import datetime as dt
import random
from typing import Any

from sqlalchemy import insert, select

from hub.models import Case, CaseItem
from hub.rules.items import category_of
from hub.rules.working_days import AMSTERDAM
from hub.services.record.case_keys import in_case
from hub.services.record.timeline import NewEntry, write_everywhere
from hub.services.views.viewer import Viewer
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.identifiers import new_id
from schemas.vocabulary import ItemKind, ItemState, LifeDomain, OrganisationKind

_PLANS = (
    (
        "Ik wil weer onder de mensen zijn.",
        LifeDomain.SOCIAL_NETWORK,
        "Wandelgroep op donderdag",
        "Kennismaken bij de buurttuin",
    ),
    (
        "Ik wil van mijn schulden af.",
        LifeDomain.FINANCES,
        "Overzicht maken van de vaste lasten",
        "Formulier kwijtschelding invullen",
    ),
    (
        "Ik wil beter Nederlands leren.",
        LifeDomain.WORK_EDUCATION,
        "Taalles twee keer per week",
        "Samen naar het Taalhuis",
    ),
    (
        "Ik wil weer werken met mijn handen.",
        LifeDomain.WORK_EDUCATION,
        "Proefplaatsing in de fietsenwerkplaats",
        "Gesprek met de werkmeester",
    ),
    (
        "Ik wil een huis waar ik kan blijven.",
        LifeDomain.HOUSING,
        "Bellen met de woningcorporatie",
        "Inschrijving voor een woning nakijken",
    ),
    (
        "Ik wil mijn dagen weer vullen.",
        LifeDomain.DAYTIME_ACTIVITIES,
        "Vrijwilligerswerk op school proberen",
        "Koffie drinken in het buurthuis",
    ),
)

_TOLD = ("title", "text", "what", "how")


def write_plans(work: UnitOfWork, marloes: Viewer) -> None:
    """Write a plan for each client of Marloes but Karin, who has her own; ``work`` stands some weeks back."""
    cases = list(
        work.session.scalars(
            select(Case.id).where(Case.regisseur_id == marloes.id, Case.story.is_(None)).order_by(Case.id)
        )
    )
    dice = random.Random(51)  # noqa: S311 - the same demo every time
    rows, told = [], {}
    for place, case_id in enumerate(cases):
        if place % 17 == 5:
            continue  # a client without a plan yet
        items = _plan(place, dice)
        rows += [_row(work, marloes, case_id, item) for item in items]
        told[case_id] = [
            NewEntry(
                kind=f"{row['kind']}_added",
                actor=marloes.name,
                organisation=marloes.organisation,
                item_id=str(row["id"]),
                data={
                    name: value for name, value in row["content"].items() if name in ("title", "text", "what", "how")
                },
            )
            for row in rows[-len(items) :]
        ]
    work.execute(insert(table_of(CaseItem)), rows)
    write_everywhere(work, told)


def _plan(place: int, dice: random.Random) -> list[dict[str, Any]]:
    """Give what is written down of one client: of most all goes as agreed, of some something stalls."""
    title, domain, first, second = _PLANS[place % len(_PLANS)]
    today = dt.datetime.now(AMSTERDAM).date()
    due = today + dt.timedelta(days=dice.randint(4, 30))
    if place % 13 == 3:
        due = today - dt.timedelta(days=dice.choice((5, 11, 16)))
    spoken = 24 + place % 5 if place % 11 == 7 else dice.randint(1, 14)
    at = dt.datetime.combine(today - dt.timedelta(days=spoken), dt.time(10, 15), AMSTERDAM)
    goal = new_id()
    found: list[dict[str, Any]] = [
        {"id": goal, "kind": ItemKind.GOAL, "content": {"title": title}, "life_domains": [domain]},
        {"kind": ItemKind.STEP, "parent_id": goal, "content": {"text": first}, "life_domains": [domain],
         "due_on": due, "holder": "client", "state": ItemState.BUSY},
        {"kind": ItemKind.STEP, "parent_id": goal, "content": {"text": second}, "life_domains": [domain],
         "due_on": due + dt.timedelta(days=21), "holder": "client"},
        {"kind": ItemKind.CONTACT, "content": {"how": dice.choice(("phone", "visit", "office"))}, "at": at},
    ]  # fmt: skip
    if place in (2, 21, 34):
        clock = dt.time((11, 13, 15)[(2, 21, 34).index(place)], 0)
        planned = dt.datetime.combine(today, clock, AMSTERDAM)
        found.append({"kind": ItemKind.APPOINTMENT, "content": {"what": "Huisbezoek", "place": "Thuis"}, "at": planned})
    return found


def _row(work: UnitOfWork, marloes: Viewer, case_id: str, item: dict[str, Any]) -> dict[str, Any]:
    kind, domains = ItemKind(str(item["kind"])), list(item.get("life_domains", ()))
    return {
        "id": new_id(),
        "parent_id": None,
        "about": None,
        "audience": None,
        "state": ItemState.OPEN,
        "holder": None,
        "holder_id": None,
        "due_on": None,
        "at": None,
        "meeting_id": None,
        **item,
        "case_id": case_id,
        "owner": marloes.organisation,
        "author_id": marloes.id,
        "author_name": marloes.name,
        "purpose": marloes.purpose,
        "category": category_of(kind, domains, OrganisationKind.WORK_AND_INCOME),
        "life_domains": [str(domain) for domain in domains],
        "version": 1,
        "created_at": work.now,
        "changed_at": work.now,
        "changed_by": marloes.name,
        "content": in_case(work, case_id, dict(item["content"])),
    }
