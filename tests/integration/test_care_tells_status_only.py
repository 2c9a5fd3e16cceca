"""What mental health care writes in FHIR goes no further than it may: the state always, the words with consent only."""

import json
from contextlib import closing

import pytest
from sqlalchemy import select

from connectors.registry import connector
from hub.models import OutboxRecord
from hub.services.messages.intake import take_in
from hub.services.referrals import sending
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.message import Coded
from schemas.vocabulary import Basis, Event, LifeDomain, MessageKind
from tests.builders import ground, new_referral
from tests.integration.callers import Hands, partner_says
from tests.personas import MARLOES, NAIMA

GGZ = "ggz-de-leij"


@pytest.mark.parametrize(
    ("sender", "basis", "words_go_along"),
    [
        (MARLOES, Basis.CONSENT, False),  # Work & Income never gets content of care
        (NAIMA, Basis.PUBLIC_TASK, False),
        (NAIMA, Basis.CONSENT, True),
    ],
    ids=["work-and-income", "social-work-without-consent", "social-work-with-consent"],
)
@pytest.mark.parametrize("event", [Event.ASK, Event.ACCEPT, Event.DECLINE])
def test_the_state_goes_along_and_the_words_only_where_they_may(
    hub: Hub, sender: Viewer, basis: Basis, words_go_along: bool, event: Event
) -> None:
    new = new_referral(to=GGZ, life_domains=(LifeDomain.MENTAL_HEALTH,), ground=ground(basis=basis, law="Wmo 2015"))
    with hub.store.writing() as work:
        referral = sending.send_referral(work, hub.config, sender, new)
    reason = Coded(code="F33", text="depressie")
    payload = partner_says(hub, referral.id, event, note="medicatie is gewijzigd", status_reason=reason)
    with hub.store.writing() as work:
        taken = take_in(work, hub.config, hub.config.organisations[GGZ], connector("mental_health"), payload)
        assert taken.state == "received"
    with closing(Hands(hub)) as hands:
        hands.until_still()
    with hub.store.reading() as session:
        to_sender = select(OutboxRecord.body).where(OutboxRecord.receiver == sender.organisation)
        bodies = [json.loads(body) for body in session.scalars(to_sender)]
    told = [body for body in bodies if MessageKind(body["type"]) is KINDS[event]]
    assert len(told) == 1, "the state itself always comes through"
    words = json.dumps(told)
    assert ("medicatie" in words) is words_go_along
    assert ("depressie" in words or "F33" in words) is words_go_along


KINDS = {Event.ASK: MessageKind.ASKED, Event.ACCEPT: MessageKind.ACCEPTED, Event.DECLINE: MessageKind.DECLINED}
