"""The demo: gemeente Tilburg with made-up people and partners that answer."""

import dataclasses
import datetime as dt
import os
import random
import secrets

from sqlalchemy import insert, select, update

from hub.models import ApiClient, Case, Person
from hub.rules.working_days import AMSTERDAM
from hub.services.people.identity import hash_secret, person_viewer
from hub.services.record.case_keys import in_case
from hub.services.record.clients import find_or_open_case
from hub.services.record.timeline import NewEntry, nudge, write_entries
from hub.services.referrals import referrals, sending
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.wiring import Hub
from schemas.identifiers import bsn_is_valid, derived_id
from schemas.message import Client, Ground
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Basis, Event, Gender, LifeDomain, Purpose, Urgency
from workers import demo_karin, demo_meeting
from workers.demo_caseload import write_plans
from workers.demo_people import FIRST, LAST, PEOPLE, add_people
from workers.partners import DEMO_MANNERS
from workers.partners.makers import Simulator, Wishes, make_partner
from workers.rooms import say_rooms

HERE = "@partner"
_BSN_OF_KARIN = "999990019"
REGISTER_SECRET = "SCHAKEL_DEMO_ZGW_SECRET"  # noqa: S105 - the name of a variable
AREAS = ("Broekhoven", "Groenewoud", "Noord", "Reeshof", "Stokhasselt", "Zuid")


def prepare(hub: Hub, *, history: bool = True) -> bool:
    """Fill an empty database, and say so; one that holds people already is left as it is.

    ``history`` gives Karin the half year of goals, steps and scores of which the demo tells.
    """
    with hub.store.reading() as session:
        if session.execute(select(Person.id).limit(1)).first() is not None:
            return False
    config = before_systems(hub.config)
    with hub.store.writing() as work:
        _identities(work, config)
    now = dt.datetime.now(dt.UTC)
    with hub.store.writing(now=now - dt.timedelta(days=demo_karin.BEGAN)) as work:
        karin = _karin(work, config)
    with hub.store.writing() as work:
        _caseload(work, config)
        say_rooms(work, config)
    with hub.store.writing(now=dt.datetime.now(dt.UTC) - dt.timedelta(days=40)) as work:
        write_plans(work, _viewer(work, config, "marloes"))
    if history:
        today = now.astimezone(AMSTERDAM).date()
        demo_karin.write(hub, config, karin, today)
        demo_meeting.write(hub, config, karin, _bsns_of_others(), today)
    return True


def _identities(work: UnitOfWork, config: Configuration) -> None:
    add_people(work, PEOPLE)
    clients = [code for code, one in config.organisations.items() if one != config.municipality]
    work.session.execute(
        insert(ApiClient),
        [
            {"id": code, "organisation": code, "secret_hash": hash_secret(f"demo-{code}"), "active": True}
            for code in clients
        ],
    )


def _viewer(work: UnitOfWork, config: Configuration, username: str) -> Viewer:
    found = person_viewer(work.session, config, derived_id("person", username))
    assert found is not None  # added a moment ago
    return found


def bsn_of_story() -> str:
    """Give who among the fifty is the one of whom the demo's beginning tells."""
    return _test_bsns()[1]


def _test_bsns() -> list[str]:
    return [text for text in (str(number) for number in range(999_990_100, 999_991_000)) if bsn_is_valid(text)]


def _bsns_of_others() -> list[str]:
    """Give the numbers of Marloes' other clients, in their order."""
    return [bsn for bsn in _test_bsns() if bsn != _BSN_OF_KARIN][:50]


def _karin(work: UnitOfWork, config: Configuration) -> str:
    """Give Marloes Karin, of whom the demo tells most; give her case."""
    karin = Client(
        bsn=_BSN_OF_KARIN,
        family_name="Smulders",
        given_name="Karin",
        initials="K",
        birth_date="1974-03-08",
        gender=Gender.FEMALE,
    )
    story: dict[str, object] = {
        "client_words": "Ik wil weer een dag met iets erin. Het liefst met planten."
        " En ik wil niet meer schrikken als de post komt.",
        "strengths": ["Komt afspraken na", "Weet veel van planten", "Kent iedereen in de straat"],
    }
    return open_case(work, config, karin, _viewer(work, config, "marloes").id, "Broekhoven", story)


def _caseload(work: UnitOfWork, config: Configuration) -> None:
    """Give Marloes fifty others; some of them have help that runs."""
    dice = random.Random(855)  # noqa: S311 - the same demo every time
    marloes = _viewer(work, config, "marloes")
    for place, bsn in enumerate(_bsns_of_others()):
        person = Client(
            bsn=bsn,
            family_name=dice.choice(LAST).removeprefix("van den ").removeprefix("van de "),
            given_name=FIRST[place % len(FIRST)],
            birth_date=f"{dice.randint(1955, 2003)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
            gender=dice.choice([Gender.FEMALE, Gender.MALE]),
        )
        case_id = open_case(work, config, person, marloes.id, dice.choice(AREAS))
        if place % 4 == 0:
            _running_help(work, config, marloes, case_id, place)


def open_case(
    work: UnitOfWork,
    config: Configuration,
    person: Client,
    regisseur_id: str,
    area: str,
    story: dict[str, object] | None = None,
) -> str:
    """Open the case of a client who has this regisseur, and give its id."""
    case = find_or_open_case(work, config.municipality.code, person)
    work.session.execute(
        update(Case)
        .where(Case.id == case.id)
        .values(
            regisseur_id=regisseur_id,
            regisseur_since=dt.date(2026, 6, 11),
            area=area,
            story=story and in_case(work, case.id, story),
        )
        .execution_options(synchronize_session=False)
    )
    position = write_entries(
        work, case.id, [NewEntry(kind="case_opened", actor="Marloes Verhoeven", organisation="wi-tilburg")]
    )
    nudge(work, case.id, position)
    return case.id


def _running_help(work: UnitOfWork, config: Configuration, marloes: Viewer, case_id: str, place: int) -> None:
    """Send a referral that people at De Spoel took on, some of the way."""
    tom = _viewer(work, config, "tom")
    referral = sending.send_referral(
        work,
        config,
        marloes,
        NewReferral(
            to="de-spoel",
            service="orientatie-groen",
            case_id=case_id,
            life_domains=(LifeDomain.WORK_EDUCATION,),
            reason="Eén dagdeel meelopen om te kijken of het past.",
            strengths=("Is graag buiten",),
            urgency=Urgency.ROUTINE,
            ground=Ground(
                basis=Basis.PUBLIC_TASK, law="participatiewet", purpose=Purpose.GUIDANCE, evidence="besproken"
            ),
        ),
    )
    for event in (Event.RECEIVE, Event.ACCEPT, Event.START)[: place % 3 + 1]:
        locked = referrals.load_for_change(work, referral.id)
        referrals.record_event(work, config, tom, locked, NewEvent(event=event))


def partners(config: Configuration) -> tuple[Configuration, dict[str, Simulator]]:
    """Give partners for every organisation whose transport is ``@partner``, and the configuration that reaches them."""
    os.environ.setdefault(REGISTER_SECRET, secrets.token_urlsafe(24))
    found: dict[str, Simulator] = {}
    organisations = dict(config.organisations)
    for code, organisation in config.organisations.items():
        if organisation.connector is None or (organisation.transport or {}).get("url") != HERE:
            continue
        found[code] = make_partner(config, organisation, Wishes(manner=DEMO_MANNERS[organisation.connector]))
        there = {**(organisation.transport or {}), "url": found[code].url}
        organisations[code] = dataclasses.replace(organisation, transport=there)
    return dataclasses.replace(config, organisations=organisations), found


def before_systems(config: Configuration) -> Configuration:
    """Give the configuration of before the partners had systems: what was sent then was read on screen."""
    organisations = {
        code: dataclasses.replace(organisation, transport=None) for code, organisation in config.organisations.items()
    }
    return dataclasses.replace(config, organisations=organisations)
