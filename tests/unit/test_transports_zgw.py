"""The way to a register: plans carried out once whatever breaks, and nothing asked beyond the partner's hosts."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from connectors.errors import TransportError
from connectors.protocol import AddressBook, Message, Payload
from connectors.transports import mistakes, open_transport
from connectors.transports.zgw import ZgwToken, ZgwTransport
from connectors.transports.zgw_kind import catalogue_of
from schemas.message import Coded
from schemas.vocabulary import Event, LifeDomain, MessageKind, Outcome, Urgency
from tests.builders import client
from tests.unit.test_access_team_material import BOOK, CONNECTOR, NOW, TEAM, WI, message
from workers.partners import Manner, Reply
from workers.partners.team import CLIENT_ID, ZgwPartner

SECRET = "a-secret-of-the-test"


@pytest.fixture
def team() -> Iterator[ZgwPartner]:
    made = ZgwPartner(TEAM, BOOK, Manner(series=()), secret=SECRET)
    made.start("http://127.0.0.1:9")
    with closing(made):
        yield made


def transport_to(team: ZgwPartner, secret: str = SECRET, **more: Any) -> ZgwTransport:
    token = ZgwToken(client_id=CLIENT_ID, secret=secret)
    return ZgwTransport(team.url, team.url.replace("/zaken/", "/catalogi/"), token, inside=True, **more)


@pytest.fixture
def line(team: ZgwPartner) -> Iterator[ZgwTransport]:
    with closing(transport_to(team)) as made:
        yield made


def book_of(team: ZgwPartner) -> AddressBook:
    host = team.url.split("/")[2]
    return dataclasses.replace(BOOK, dialect={"hosts": [host]})


def carry(line: ZgwTransport, written: Message) -> Any:
    payload = CONNECTOR.write(written, BOOK, NOW).payload
    handover = line.deliver(payload, message_id=written.id)
    assert handover.answer is not None
    return json.loads(handover.answer.body)


REFERRAL = message(
    MessageKind.SENT, reason="Hulp bij de post", life_domains=(LifeDomain.FINANCES,), urgency=Urgency.URGENT
)


def counts(team: ZgwPartner) -> dict[str, int]:
    names = ("zaken", "rollen", "statussen", "resultaten", "zaakeigenschappen")
    return {name: len(team.register.all_of(name)) for name in names}


WHOLE = {"zaken": 1, "rollen": 3, "statussen": 1, "resultaten": 0, "zaakeigenschappen": 2}


def test_a_referral_becomes_a_zaak_with_people_and_status(team: ZgwPartner, line: ZgwTransport) -> None:
    done = carry(line, REFERRAL)
    assert done["done"] == REFERRAL.id
    [zaak] = team.register.all_of("zaken")
    assert (zaak["url"], zaak["identificatie"]) == (done["zaak"], "SCHAKEL-7")
    assert counts(team) == WHOLE
    [receipt] = CONNECTOR.read(Payload(body=json.dumps(done).encode(), content_type="x"), BOOK, NOW).messages
    assert receipt.kind is MessageKind.PROCESSED


@pytest.mark.parametrize("broken", ["zaken", "rollen", "zaakeigenschappen", "statussen"])
def test_a_retry_after_a_broken_line_makes_nothing_twice(team: ZgwPartner, line: ZgwTransport, broken: str) -> None:
    team.broken_after.append(broken)
    with pytest.raises(TransportError) as caught:
        carry(line, REFERRAL)
    assert (caught.value.permanent, caught.value.unknown) == (False, True)
    carry(line, REFERRAL)
    carry(line, REFERRAL)
    assert counts(team) == WHOLE
    assert all(times == 1 for _place, _key, _kind, times in team.ledger.rows())


def test_an_end_is_written_with_its_result_first_and_once(team: ZgwPartner, line: ZgwTransport) -> None:
    carry(line, REFERRAL)
    ended = dataclasses.replace(message(MessageKind.WITHDRAWN, status_reason=Coded(code="x", text="Verhuisd")), id="e2")
    team.broken_after.append("resultaten")
    with pytest.raises(TransportError):
        carry(line, ended)
    carry(line, ended)
    carry(line, ended)
    assert counts(team) == {**WHOLE, "statussen": 2, "resultaten": 1}
    assert team.register.all_of("zaken")[0]["einddatum"] is not None


def test_a_pause_a_resumption_and_a_correction_change_the_zaak(team: ZgwPartner, line: ZgwTransport) -> None:
    carry(line, REFERRAL)
    [zaak] = team.register.all_of("zaken")
    carry(line, message(MessageKind.PAUSED, status_reason=Coded(code="x", text="Opname")))
    assert zaak["opschorting"] == {"indicatie": True, "reden": "Opname"}
    carry(line, message(MessageKind.RESUMED, client=None))
    assert zaak["opschorting"]["indicatie"] is False
    carry(line, message(MessageKind.CORRECTED, client=client(family_name="Aarts"), reason="Anders"))
    carry(line, message(MessageKind.CORRECTED, client=client(family_name="Aarts"), reason="Anders"))
    people = [rol for rol in team.register.all_of("rollen") if rol["betrokkeneType"] == "natuurlijk_persoon"]
    assert [rol["betrokkeneIdentificatie"]["geslachtsnaam"] for rol in people] == ["Aarts"]
    assert zaak["toelichting"] == "Anders"


def test_what_the_team_decides_is_fetched_and_read(team: ZgwPartner, line: ZgwTransport) -> None:
    zaak = carry(line, REFERRAL)["zaak"]
    book = book_of(team)
    assert CONNECTOR.read(line.fetch(zaak), book, NOW).messages == (), "our own status is no news"
    for event, kind in ((Event.ACCEPT, MessageKind.ACCEPTED), (Event.START, MessageKind.STARTED)):
        team.does(zaak, Reply(after=0, event=event))
        [found] = CONNECTOR.read(line.fetch(zaak), book, NOW).messages
        assert (found.kind, found.receiver, found.data.referral_id) == (kind, WI, REFERRAL.data.referral_id)
    team.register.set_result(zaak, "Doel bereikt")
    team.register.set_status(zaak, None)
    [found] = CONNECTOR.read(line.fetch(zaak), book, NOW).messages
    assert (found.kind, found.data.outcome) == (MessageKind.COMPLETED, Outcome.REACHED)


def test_a_register_that_does_not_expand_is_asked_one_by_one(
    team: ZgwPartner, line: ZgwTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    zaak = carry(line, REFERRAL)["zaak"]
    team.does(zaak, Reply(after=0, event=Event.COMPLETE))
    whole = CONNECTOR.read(line.fetch(zaak), book_of(team), NOW)
    monkeypatch.setattr(team.register, "_expanded", lambda one: one)
    assert CONNECTOR.read(line.fetch(zaak), book_of(team), NOW).messages == whole.messages != ()


def test_the_catalogue_is_asked_once_and_again_for_a_name_it_did_not_have(team: ZgwPartner, line: ZgwTransport) -> None:
    asked: list[str] = []
    listing = line.catalogue._listing
    line.catalogue._listing = lambda url, query: asked.append(url) or listing(url, query)
    carry(line, REFERRAL)
    first = len(asked)
    carry(line, REFERRAL)
    assert len(asked) == first == 4, "zaaktype, roltypen, eigenschappen, statustypen"
    with pytest.raises(TransportError, match="has no statustype 'Onbekend'") as caught:
        line.catalogue.url({"catalogue": "statustype", "omschrijving": "Onbekend"}, team.register.zaaktype["url"])
    assert caught.value.permanent


def test_a_wrong_secret_waits_for_people_and_what_the_register_refuses_is_final(team: ZgwPartner) -> None:
    with closing(transport_to(team, "another-secret")) as wrong, pytest.raises(TransportError, match="403") as caught:
        carry(wrong, REFERRAL)
    assert not caught.value.permanent
    with closing(transport_to(team)) as line, pytest.raises(TransportError, match="not in the register") as missing:
        carry(line, message(MessageKind.WITHDRAWN))
    assert missing.value.permanent


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/zaken/x", "http://127.0.0.1:1/zaken/api/v1/zaken/8d5b6f3a-8f1e-4a53-9b1c-2f6a3e0c7d11"],
)
def test_nothing_beyond_this_register_is_asked(team: ZgwPartner, line: ZgwTransport, address: str) -> None:
    for call in (lambda: line.fetch(address), lambda: line.listed(address, {}), lambda: line.ask("GET", address)):
        with pytest.raises(TransportError) as caught:
            call()
        assert caught.value.permanent and address not in caught.value.message


def test_a_register_that_points_to_the_inside_is_not_followed(team: ZgwPartner, line: ZgwTransport) -> None:
    zaak = carry(line, REFERRAL)["zaak"]
    team.register.all_of("zaken")[0]["status"] = "http://127.0.0.1:1/api/users"
    team.register._expanded = lambda one: one  # type: ignore[method-assign]
    with pytest.raises(TransportError, match="not on its list"):
        line.fetch(zaak)


def test_settings_are_checked_and_secrets_stand_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"kind": "zgw", "url": "https://zaken.example/zaken/api/v1/", "client_id": "schakel", "secret": "env:ZGW_T"}
    assert list(mistakes(good)) == []
    assert catalogue_of(good) == "https://zaken.example/catalogi/api/v1/"
    wrong = {**good, "secret": "plain", "url": "ftp://x", "more": 1}
    assert {one.key for one in mistakes(wrong)} == {"secret", "more"}
    assert {one.key for one in mistakes({**good, "url": "http://zaken.example/"})} == {"url", "catalogue"}
    monkeypatch.setenv("ZGW_T", "geheim")
    made = open_transport(good)
    assert isinstance(made, ZgwTransport)
    assert "geheim" not in repr(made.__dict__)
    made.close()
