"""A message with a number of ours and somebody else's name touches nobody, and lies before a person."""

import dataclasses
from typing import Any

import pytest
from sqlalchemy import select

from connectors.errors import Refusal
from connectors.registry import connector
from hub.models import Intake, Referral
from hub.services.messages.address_book import address_book
from hub.wiring import Hub
from schemas.message import Client
from schemas.vocabulary import Basis, Event, LifeDomain, Purpose, Status
from tests.builders import client, ground
from tests.integration.callers import GGZ, KADE, SPOEL, TEAM, now
from tests.integration.conftest import Ring
from tests.integration.test_ring import answer, bring, read, send

NOBODY = Client(family_name="Bakker", birth_date="1990-01-02")
TO: dict[str, dict[str, Any]] = {
    KADE: {"life_domains": (LifeDomain.SOCIAL_NETWORK,)},
    GGZ: {"life_domains": (LifeDomain.MENTAL_HEALTH,)},
    SPOEL: {
        "service": "orientatie-groen",
        "life_domains": (LifeDomain.WORK_EDUCATION,),
        "ground": ground(basis=Basis.PUBLIC_TASK, purpose=Purpose.PLACEMENT, law="participatiewet"),
    },
    TEAM: {"life_domains": (LifeDomain.HOUSING,)},
}

WITHOUT_BSN = (GGZ, SPOEL)
"""Whose dialects can name a client without a BSN; those of the others ask for one."""


def refused(hub: Hub) -> list[str]:
    with hub.store.reading() as session:
        return list(session.scalars(select(Intake.organisation).where(Intake.state == "quarantined")))


def names_no_bsn(hub: Hub, referral: Referral, event: Event, person: Client) -> bool:
    """Bring an answer about a referral with a name and no BSN; whether the dialect can carry that at all."""
    organisation = hub.config.organisations[referral.receiver]
    try:
        payload = answer(hub, referral, event, client=person)
        reading = connector(str(organisation.connector)).read(payload, address_book(hub.config, organisation), now())
    except Refusal:
        return False
    told = reading.messages[0].data.client
    if told is None or told.bsn is not None or told.family_name is None:
        return False
    bring(hub, organisation.code, payload)
    return True


@pytest.mark.parametrize("to", sorted(TO))
def test_a_number_with_another_name_and_birth_date_is_put_before_a_person(hub: Hub, ring: Ring, to: str) -> None:
    referral = send(hub, to=to, **TO[to])
    ring.until_still()
    brought = names_no_bsn(hub, referral, Event.START, NOBODY)
    assert brought == (to in WITHOUT_BSN)
    ring.until_still()
    assert read(hub, referral).status == Status.SENT
    assert refused(hub) == ([to] if brought else [])


@pytest.mark.parametrize(
    "person",
    [
        client(bsn=None),
        client(bsn=None, birth_date="1974", family_name="SMÚLDERS"),
        Client(birth_date="1974-03"),
        Client(reference="K-1"),
        None,
    ],
)
def test_the_same_person_without_a_number_of_its_own_is_taken(hub: Hub, ring: Ring, person: Client | None) -> None:
    referral = send(hub, to=SPOEL, **TO[SPOEL])
    ring.until_still()
    bring(hub, SPOEL, answer(hub, referral, Event.ACCEPT, client=person))
    ring.until(lambda: read(hub, referral).status == Status.ACCEPTED)
    assert refused(hub) == []


@pytest.mark.parametrize("changes", [{"birth_date": "1974-03-09"}, {"birth_date": "1975"}, {"family_name": "Bakker"}])
def test_one_of_the_two_that_differs_is_enough(hub: Hub, ring: Ring, changes: dict[str, str]) -> None:
    referral = send(hub, to=SPOEL, **TO[SPOEL])
    ring.until_still()
    bring(hub, SPOEL, answer(hub, referral, Event.ACCEPT, client=client(bsn=None, **changes)))
    ring.until_still()
    assert read(hub, referral).status == Status.SENT
    assert refused(hub) == [SPOEL]


@pytest.mark.parametrize("person", [NOBODY, dataclasses.replace(NOBODY, bsn="999990101")])
def test_the_partners_own_reference_opens_no_other_persons_referral_either(
    hub: Hub, ring: Ring, person: Client
) -> None:
    referral = send(hub, to=SPOEL, **TO[SPOEL])
    ring.until_still()
    own = {"correlation": {"reintegration:kenmerk": "T-77"}}
    bring(hub, SPOEL, answer(hub, referral, Event.RECEIVE, client=None, **own))
    ring.until(lambda: read(hub, referral).status == Status.RECEIVED)
    unnumbered = {"referral_id": None, "referral_number": None, **own}
    bring(hub, SPOEL, answer(hub, referral, Event.ACCEPT, client=person, **unnumbered))
    ring.until_still()
    assert read(hub, referral).status == Status.RECEIVED
    assert refused(hub) == [SPOEL]
