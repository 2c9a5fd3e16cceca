"""What went over the line with each message is kept as it went, sealed with its case, and goes with it."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from connectors.errors import TransportError
from connectors.protocol import Handover, Loss, Payload, Writing
from hub.broker.protocol import INBOX, partner_queue
from hub.models import CaseKey, OutboxRecord, WireRecord
from hub.services.messages.delivery import DeliveryReceipt, apply_receipts
from hub.services.record import retention
from hub.services.record.wire import MOST_BYTES, Form, Wire
from hub.wiring import Hub
from schemas.vocabulary import Delivery
from tests.integration.callers import KADE, Site, holding, now, plain_columns
from tests.integration.conftest import Ring
from tests.integration.test_erasure import NAME, WORDS, a_known_case, erase
from workers.connector import ConnectorWorker


def kept(hub: Hub, referral_id: str) -> list[tuple[OutboxRecord, WireRecord]]:
    """Give what is kept of a referral's messages, with their keys on the shelf."""
    with hub.store.reading() as session:
        asked = (
            select(CaseKey.key, OutboxRecord, WireRecord)
            .join(CaseKey, CaseKey.owner == OutboxRecord.case_id)
            .join(
                WireRecord,
                (WireRecord.queue == OutboxRecord.queue) & (WireRecord.message_id == OutboxRecord.message_id),
            )
            .where(OutboxRecord.referral_id == referral_id)
            .order_by(OutboxRecord.id)
        )
        return [(row, wired) for _key, row, wired in session.execute(asked)]


def test_each_delivered_message_keeps_what_was_mapped_and_what_the_partner_answered(hub: Hub, ring: Ring) -> None:
    _site, _case, ids, whom = a_known_case(hub, ring)
    for referral_id, form in zip(ids, ("xml", "json"), strict=True):
        row, wired = kept(hub, referral_id)[0]
        assert row.state in (Delivery.DELIVERED, Delivery.PROCESSED)
        assert wired.mapped is not None and whom["bsn"].encode() in wired.mapped
        assert form in str(wired.mapped_type) and wired.mapped_size == len(wired.mapped)
        assert wired.answer and wired.answer_size == len(wired.answer)
        assert wired.line is not None and wired.line.endswith(" 200")
        assert wired.case_id == row.case_id and wired.referral_id == referral_id
        assert wired.sent is None
        losses = [one["field"] for one in wired.losses or ()]
        assert losses == list(row.dropped or ())


def test_what_went_over_the_line_stands_nowhere_in_the_clear(hub: Hub, ring: Ring) -> None:
    _site, _case, _ids, whom = a_known_case(hub, ring)
    assert holding(plain_columns(hub), (whom["bsn"], NAME, WORDS)) == []


def test_an_erased_case_takes_it_along_and_its_key_opens_no_copy(hub: Hub, ring: Ring) -> None:
    _site, case_id, ids, _whom = a_known_case(hub, ring)
    assert kept(hub, ids[0])
    assert erase(hub, case_id).removed["wire"] >= 2
    with hub.store.reading() as session:
        assert session.scalars(select(WireRecord)).all() == []


def test_the_bytes_go_with_the_content_and_the_rest_with_the_row_of_the_message(hub: Hub, ring: Ring) -> None:
    site, _case, ids, _whom = a_known_case(hub, ring)
    site.event(ids[0], "withdraw", "wi-tilburg", reason="client_not_reached")
    ring.until_still()
    end = now()
    for later, is_left in ((dt.timedelta(days=43), True), (dt.timedelta(days=4 * 366), False)):
        with hub.store.writing(end + later) as work:
            made = retention.prepare(work, "test")
        with hub.store.writing(end + later) as work:
            retention.run(work, made.id, made.hash, "test")
        with hub.store.reading() as session:
            rows = session.scalars(select(WireRecord).where(WireRecord.referral_id == ids[0])).all()
        assert bool(rows) is is_left
        assert all(row.mapped is None and row.answer is None for row in rows)
        assert all(row.mapped_size for row in rows)


class Scripted:
    """A connector and a transport in one, that do as told."""

    name, duplicate_code = "scripted", None

    def __init__(self, *tries: Handover | Exception) -> None:
        self.tries = list(tries)

    def write(self, message: Any, _book: Any, _now: Any) -> Writing:
        payload = Payload(body=b"<ons>" + message.id.encode() + b"</ons>", content_type="application/xml")
        return Writing(
            payload=payload, reference="R1", losses=(Loss(field="data.note", why="there is no place for it"),)
        )

    def read(self, *_given: Any) -> Any:
        raise ValueError("not understood")

    def deliver(self, _payload: Payload, *, message_id: str) -> Handover:
        """Do what comes next."""
        told = self.tries.pop(0)
        if isinstance(told, Exception):
            raise told
        return told


class OpenGate:
    """Holds nothing back."""

    def withheld(self, _queue: str, _ids: Any) -> frozenset[str]:
        """Give none."""
        return frozenset()


def worked(hub: Hub, ring: Ring, script: Scripted) -> str:
    """Send one referral to social work and let its connector try it as scripted; give its id."""
    made = Site(hub).send(to=KADE).json["id"]
    worker = ConnectorWorker(KADE, script, script, None, hub.broker, OpenGate())  # type: ignore[arg-type]
    ring.workers[KADE].close()
    ring.workers = {KADE: worker}
    while script.tries:
        with hub.store.writing() as work:
            work.execute(update(OutboxRecord.__table__).values(due_at=now()))
        left = len(script.tries)
        ring.until(lambda left=left: len(script.tries) < left)  # type: ignore[misc]
    ring.until_still()
    return str(made)


def test_a_refusal_in_the_partners_own_words_is_kept_and_makes_way_for_the_next_try(hub: Hub, ring: Ring) -> None:
    no = TransportError("The partner answered 503.", permanent=False, answer=(b"<fout>vol</fout>", "text/xml"))
    referral_id = worked(hub, ring, Scripted(no))
    [(row, wired)] = kept(hub, referral_id)
    assert (row.state, wired.answer, wired.line) == (Delivery.WAITING, b"<fout>vol</fout>", "The partner answered 503.")
    assert wired.mapped == f"<ons>{row.message_id}</ons>".encode()


def test_what_the_transport_added_is_kept_beside_what_was_mapped_and_only_the_last_try_stays(
    hub: Hub, ring: Ring
) -> None:
    no = TransportError("The partner answered 503.", permanent=False, answer=(b"vol", "text/plain"))
    sent = Payload(body=b"<envelop><ons/></envelop>", content_type="application/soap+xml")
    yes = Handover(
        line="POST https://kade.example 200", sent=sent, answer=Payload(body=b"ok", content_type="text/plain")
    )
    [(row, wired)] = kept(hub, worked(hub, ring, Scripted(no, yes)))
    assert (row.state, wired.sent, wired.answer) == (Delivery.DELIVERED, sent.body, b"ok")
    assert (wired.line, wired.sent_type) == (yes.line, "application/soap+xml")
    assert wired.losses == [{"field": "data.note", "why": "there is no place for it"}]


def test_what_is_too_large_is_cut_and_says_so() -> None:
    form = Form.of(Payload(body=b"x" * (MOST_BYTES + 5), content_type="text/plain"))
    assert (len(form.body), form.size, form.cut) == (MOST_BYTES, MOST_BYTES + 5, True)
    assert Form.read(form.told()) == form


def test_what_a_connector_tells_is_read_as_from_a_stranger() -> None:
    told = Wire(at=now(), line="POST", losses=({"field": "a", "why": "b"},)).told()
    told["forms"] = {"mapped": {"type": "text/\x00pl\nain", "size": -4, "body": "eA=="}, "other": {}}
    read = Wire.read(told)
    assert read.forms == {"mapped": Form(body=b"x", content_type="text/plain", size=1)}
    for wrong in ({"at": "2026-11-23T09:00:00"}, {"forms": {"mapped": {"type": "", "size": 1, "body": "?"}}}):
        with pytest.raises(ValueError):
            Wire.read({**told, **wrong})


def test_a_batch_of_receipts_keeps_all_it_tells_in_one_statement_more(database_hub: Hub) -> None:
    site = Site(database_hub)
    ids = [site.send(to=KADE).json["id"] for _ in range(20)]

    def statements(*, told: bool) -> int:
        with database_hub.store.reading() as session:
            rows = session.scalars(select(OutboxRecord.message_id).where(OutboxRecord.referral_id.in_(ids))).all()
        form = {"mapped": Form(body=b"x", content_type="text/plain", size=1)}
        receipts = [
            DeliveryReceipt(
                message_id=one,
                queue=partner_queue(KADE),
                delivered=True,
                wire=Wire(at=now(), forms=form).told() if told else None,
            )
            for one in rows
        ]
        with database_hub.store.writing() as work:
            work.execute(update(OutboxRecord.__table__).where(OutboxRecord.queue != INBOX).values(open=True))
            count = 0
            execute = work.execute

            def counting(*given: Any, **named: Any) -> Any:
                nonlocal count
                count += 1
                return execute(*given, **named)

            work.execute = counting  # type: ignore[method-assign]
            assert apply_receipts(work, receipts) == len(receipts) == 20
        return count

    assert statements(told=True) == statements(told=False) + 1
    with database_hub.store.reading() as session:
        assert len(session.scalars(select(WireRecord)).all()) == 20
