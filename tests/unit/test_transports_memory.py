"""The partner within the process does what a test asks of it."""

import pytest

from connectors.errors import TransportError
from connectors.protocol import Payload, Transport
from connectors.transports.memory import MemoryTransport, busy, refusing, silent, unreachable

PAYLOAD = Payload(body=b"x", content_type="text/plain")


def test_it_keeps_what_is_delivered_and_answers() -> None:
    partner = MemoryTransport(answer=lambda payload: payload)
    transport: Transport = partner
    assert transport.deliver(PAYLOAD, message_id="m-1").answer == PAYLOAD
    assert partner.delivered == [("m-1", PAYLOAD)]


def test_it_fails_as_asked_and_then_behaves() -> None:
    partner = MemoryTransport()
    partner.mishaps.extend([unreachable(), busy(5), refusing(), silent()])
    seen = []
    for _ in range(4):
        with pytest.raises(TransportError) as caught:
            partner.deliver(PAYLOAD, message_id="m-1")
        seen.append((caught.value.permanent, caught.value.unknown, caught.value.retry_after))
    assert seen == [(False, False, None), (False, False, 5), (True, False, None), (False, True, None)]
    assert len(partner.delivered) == 1, "the silent partner took it all the same"
    assert partner.deliver(PAYLOAD, message_id="m-1").answer is None
