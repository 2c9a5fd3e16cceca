"""The people of the demo: who may sign in, and the names of those who are helped."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert

from hub.models import Person, Post
from hub.services.people.identity import hash_secret
from hub.store.database import UnitOfWork
from schemas.identifiers import derived_id
from schemas.vocabulary import Purpose

PASSWORD = "schakel-demo"  # noqa: S105 - the demo's, printed at its start


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """One of the demo's people."""

    username: str
    name: str
    organisation: str
    role: str
    title: str
    purpose: Purpose


PEOPLE = (
    Colleague(
        username="peter",
        name="Peter Adriaans",
        organisation="wi-tilburg",
        role="income_consultant",
        title="inkomensconsulent",
        purpose=Purpose.INCOME,
    ),
    Colleague(
        username="marloes",
        name="Marloes Verhoeven",
        organisation="wi-tilburg",
        role="case_director",
        title="klantregisseur",
        purpose=Purpose.GUIDANCE,
    ),
    Colleague(
        username="els",
        name="Els van Loon",
        organisation="toegang-broekhoven",
        role="team_coordinator",
        title="coördinator",
        purpose=Purpose.TRIAGE,
    ),
    Colleague(
        username="naima",
        name="Naima Bouzid",
        organisation="mw-de-kade",
        role="social_worker",
        title="maatschappelijk werker",
        purpose=Purpose.GUIDANCE,
    ),
    Colleague(
        username="ilse",
        name="Ilse Brands",
        organisation="ggz-de-leij",
        role="practitioner",
        title="behandelaar",
        purpose=Purpose.TREATMENT,
    ),
    Colleague(
        username="tom",
        name="Tom van Riel",
        organisation="de-spoel",
        role="job_coach",
        title="jobcoach",
        purpose=Purpose.PLACEMENT,
    ),
    Colleague(
        username="bas",
        name="Bas Kemps",
        organisation="gemeente-tilburg",
        role="functional_admin",
        title="functioneel beheerder",
        purpose=Purpose.OPERATIONS,
    ),
    Colleague(
        username="fatima",
        name="Fatima Idrissi",
        organisation="gemeente-tilburg",
        role="privacy_officer",
        title="privacy officer (FG)",
        purpose=Purpose.ACCOUNTABILITY,
    ),
    Colleague(
        username="hanna",
        name="Hanna Vermeulen",
        organisation="wi-tilburg",
        role="policy_adviser",
        title="beleidsadviseur",
        purpose=Purpose.STATISTICS,
    ),
)
FIRST = [
    "Abdelkader",
    "Anneke",
    "Bram",
    "Chantal",
    "Dirk",
    "Elif",
    "Fatma",
    "Gerard",
    "Hanneke",
    "Ibrahim",
    "Jolanda",
    "Kees",
    "Leyla",
    "Maikel",
    "Nadia",
    "Omar",
    "Petra",
    "Quinten",
    "Rachid",
    "Sandra",
    "Tarik",
    "Usha",
    "Vera",
    "Wiesława",
    "Xander",
    "Yusuf",
    "Zeynep",
    "Arie",
    "Bianca",
    "Cor",
]
LAST = [
    "Aarts",
    "van den Berg",
    "de Bruijn",
    "Çelik",
    "van Dongen",
    "El Amrani",
    "de Graaf",
    "van Hees",
    "Haddad",
    "Janssen",
    "Kuijpers",
    "Langenberg",
    "Mutsaers",
    "Nowak",
    "Oerlemans",
    "van de Pas",
    "Şahin",
    "Smits",
    "Verbunt",
    "Vermeer",
    "Willems",
    "Yıldız",
    "Zebregs",
]


def add_people(work: UnitOfWork, people: Sequence[Colleague]) -> None:
    """Let these people sign in with the demo's password."""
    password = hash_secret(PASSWORD)
    work.session.execute(
        insert(Person),
        [
            {
                "id": derived_id("person", one.username),
                "username": one.username,
                "name": one.name,
                "organisation": one.organisation,
                "password_hash": password,
                "active": True,
            }
            for one in people
        ],
    )
    work.session.execute(
        insert(Post),
        [
            {
                "id": derived_id("person", one.username),
                "person_id": derived_id("person", one.username),
                "organisation": one.organisation,
                "role": one.role,
                "purpose": one.purpose,
                "title": one.title,
                "starts_on": dt.date(2026, 1, 1),
            }
            for one in people
        ],
    )
