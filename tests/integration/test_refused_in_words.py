"""A refusal in the partner's own words, given with an error status, is a functional refusal; any other error is not."""

import datetime as dt
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select

from connectors.errors import Refusal, RefusalCode, TransportError
from connectors.protocol import Handover, Payload, Verdict
from connectors.registry import connector
from hub.models import OutboxRecord
from hub.services.messages.address_book import address_book
from hub.services.referrals import sending
from hub.wiring import Hub
from tests.builders import new_referral
from tests.integration.callers import GGZ, KADE
from tests.personas import MARLOES
from workers.embedded import worker_of
from workers.inbox import InboxWorker
from workers.relay import Relay

WHY = Refusal(RefusalCode.MALFORMED, "A value can't be used.", field="x")


class Refusing:
    """A partner whose answer comes with an error status, in its dialect or not."""

    def __init__(self, hub: Hub, organisation: str, error: dict[str, Any], content_type: str | None) -> None:
        found = hub.config.organisations[organisation]
        assert found.connector is not None
        self._speaks, self._book = connector(found.connector), address_book(hub.config, found)
        self._error, self._content_type = error, content_type

    def deliver(self, payload: Payload, *, message_id: str) -> Handover:
        words = self._speaks.acknowledge(payload, Verdict.REFUSED, WHY, self._book, dt.datetime.now(dt.UTC))
        assert words is not None
        body = words.body if self._content_type != "text/html" else b"<html>Error</html>"
        raise TransportError("An error.", **self._error, answer=(body, self._content_type or words.content_type))


def sent_to(hub: Hub, organisation: str, **settings: Any) -> Any:
    """Send a referral to a partner that refuses so; give what its outbox row then says."""
    changes = {"to": GGZ, "life_domains": ["mental_health"]} if organisation == GGZ else {}
    with hub.store.writing() as work:
        sending.send_referral(work, hub.config, MARLOES, new_referral(**changes))
    worker = worker_of(hub, hub.config.organisations[organisation], Refusing(hub, organisation, **settings))
    with (
        closing(Relay(hub.store, hub.broker)) as relay,
        closing(worker),
        closing(InboxWorker(hub.store, hub.config, hub.broker)) as inbox,
    ):
        relay.step()
        while not worker.step(0.2):
            pass
        while not inbox.step(0.2):
            pass
    with hub.store.reading() as session:
        return session.execute(
            select(OutboxRecord.state, OutboxRecord.open, OutboxRecord.codes, OutboxRecord.answer_digest).where(
                OutboxRecord.receiver == organisation
            )
        ).one()


def test_an_operation_outcome_with_422_is_a_refusal_by_their_system(hub: Hub) -> None:
    row = sent_to(hub, GGZ, error={"permanent": True}, content_type=None)
    assert (row.state, row.open) == ("refused", False)
    assert row.answer_digest


def test_a_soap_fault_with_500_is_a_refusal_with_its_codes(hub: Hub) -> None:
    row = sent_to(hub, KADE, error={"permanent": False, "unknown": True}, content_type="text/xml; charset=utf-8")
    assert (row.state, row.open) == ("refused", False)
    assert row.codes


@pytest.mark.parametrize(
    ("organisation", "error", "content_type", "state"),
    [
        (GGZ, {"permanent": False, "unknown": True}, None, "unknown"),
        (GGZ, {"permanent": False}, None, "waiting"),
        (GGZ, {"permanent": True}, "text/html", "quarantined"),
        (KADE, {"permanent": False, "unknown": True}, "application/xml", "unknown"),
    ],
    ids=["a server error of FHIR", "a rate limit of FHIR", "a page of a proxy", "a server error without SOAP"],
)
def test_any_other_error_is_what_it_was(
    hub: Hub, organisation: str, error: dict[str, Any], content_type: str | None, state: str
) -> None:
    row = sent_to(hub, organisation, error=error, content_type=content_type)
    assert (row.state, row.open) == (state, True)
