"""What people keep of a client: contact and appointments, documents, notes that nobody else reads."""

import datetime as dt
import logging
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import func, select, text

from hub.app import create_web
from hub.models import AuditRecord, Case, CaseItem, DocumentBody
from hub.rules.audit import Deed
from hub.services.cases import client_words, documents, items
from hub.services.cases.documents import Brought
from hub.services.errors import Forbidden, Invalid, NotFound
from hub.services.overview.caseload import caseload
from hub.services.record.removal import reach_of, remove_case
from hub.services.rights.rights import inzage, to_json
from hub.services.views.viewer import Viewer
from hub.web.screens.calendar_file import calendar_file
from hub.wiring import Hub
from schemas.items import ItemChange, NewItem
from schemas.vocabulary import ItemKind, ItemState, LifeDomain
from tests.integration import test_items as written
from tests.integration.callers import looking_at, mark_of, sign_in_as
from tests.personas import ILSE, MARLOES, NAIMA, PETER, TOM
from tests.unit.test_document_checks import PDF

hub, case_id, write, view = written.hub, written.case_id, written.write, written.view
NOW = dt.datetime.now(dt.UTC)
PARTS = "multipart/form-data; boundary=grens"
SECRET = b"(De deurwaarder komt op de vierde.)"
LETTER = PDF.replace(b"1 0 obj", SECRET + b"\n1 0 obj")


def brings(hub: Hub, who: Viewer, case_id: str, name: str = "brief.pdf", **given: object) -> CaseItem:
    with hub.store.writing() as work:
        return documents.add(work, hub.config, who, case_id, Brought(name=name, body=LETTER, **given))  # type: ignore[arg-type]


def takes(hub: Hub, who: Viewer, case_id: str, item_id: str) -> documents.Kept:
    with looking_at(hub) as session:
        return documents.fetch(session, hub.config, who, case_id, item_id, NOW)


def browser(hub: Hub, who: Viewer) -> FlaskClient:
    http = create_web(hub).app.test_client()
    sign_in_as(hub, http, who.id)
    return http


def sent(mark: str, name: str, body: bytes) -> bytes:
    """Give a form with a file as a browser sends it."""
    field = 'Content-Disposition: form-data; name="'
    head = f'--grens\r\n{field}csrf_token"\r\n\r\n{mark}\r\n--grens\r\n{field}bestand"; filename="{name}"\r\n\r\n'
    return head.encode() + body + b"\r\n--grens--\r\n"


def test_a_document_is_sealed_and_comes_back_as_it_was_to_who_may_see_it_alone(hub: Hub, case_id: str) -> None:
    item = brings(hub, MARLOES, case_id, audience=("mw-de-kade",))
    assert takes(hub, NAIMA, case_id, item.id).body == LETTER
    for who in (TOM, ILSE, PETER):
        with pytest.raises(NotFound):
            takes(hub, who, case_id, item.id)
    with hub.store.reading() as session:
        stored = session.execute(text("SELECT body FROM document_bodies")).scalar_one()
        assert SECRET not in bytes(stored) and b"%PDF" not in bytes(stored)
    with hub.store.writing() as work:
        items.settle(work, hub.config, MARLOES, item.id, ItemState.REMOVED, 1)
    with pytest.raises(NotFound):
        takes(hub, NAIMA, case_id, item.id)


def test_what_a_document_is_about_narrows_who_sees_it(hub: Hub, case_id: str) -> None:
    money = brings(hub, MARLOES, case_id, life_domains=(LifeDomain.FINANCES,))
    whole = brings(hub, MARLOES, case_id)
    seen = {who.id: {one.id for one in view(hub, who, case_id).items} for who in (NAIMA, TOM)}
    assert {money.id, whole.id} <= seen["naima"]
    assert money.id not in seen["tom"]


def test_who_may_not_write_brings_nothing_and_what_is_refused_leaves_nothing(hub: Hub, case_id: str) -> None:
    with pytest.raises((NotFound, Forbidden)):
        brings(hub, PETER, case_id)
    with pytest.raises(Invalid):
        brings(hub, MARLOES, case_id, name="brief.exe")
    with hub.store.reading() as session:
        assert session.scalar(select(func.count()).select_from(DocumentBody)) == 0
        assert session.scalar(select(func.count()).where(CaseItem.kind == ItemKind.DOCUMENT)) == 0


def test_no_form_makes_a_document_without_a_file_or_another_kind_of_it(hub: Hub, case_id: str) -> None:
    words = {"name": "x.pdf", "media_type": "text/html", "size": 1}
    with pytest.raises(Invalid), hub.store.writing() as work:
        items.add(work, hub.config, MARLOES, case_id, NewItem(kind=ItemKind.DOCUMENT, content=words))
    item = brings(hub, MARLOES, case_id)
    asked = {"content": {"name": "erger.html", "media_type": "text/html", "size": 9}}
    with hub.store.writing() as work:
        items.change(work, hub.config, MARLOES, item.id, ItemChange(version=1, changes=asked))
    kept = takes(hub, MARLOES, case_id, item.id)
    assert (kept.name, kept.media_type) == ("erger.html.pdf", "application/pdf")


def test_a_document_is_handed_out_to_save_and_never_shown_as_a_page(
    hub: Hub, case_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http, path = browser(hub, MARLOES), f"/inwoners/{case_id}"
    form = sent(mark_of(http, path), "Brief\u202e van <b>Karin.pdf", LETTER)
    assert http.post(f"{path}/documenten", data=form, content_type=PARTS).status_code == 303
    item = next(one for one in view(hub, MARLOES, case_id).items if one.kind is ItemKind.DOCUMENT)
    answer = http.get(f"{path}/documenten/{item.id}")
    assert answer.data == LETTER and answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    with hub.store.reading() as session:
        assert Deed.DOCUMENT_TAKE in set(session.scalars(select(AuditRecord.deed)))
    assert "Karin" not in caplog.text and "deurwaarder" not in caplog.text


def test_what_is_not_kept_is_said_in_words_and_too_much_at_once_too(hub: Hub, case_id: str) -> None:
    http, path = browser(hub, MARLOES), f"/inwoners/{case_id}"
    mark = mark_of(http, path)
    for body, name, status, words in (
        (b"<html>", "pagina.html", 422, "Dit is een webpagina"),
        (b"", "", 422, "Kies eerst een bestand."),
        (LETTER + b" " * 10_000_000, "brief.pdf", 422, "Dit bestand is te groot."),
        (LETTER + b" " * 16_000_000, "brief.pdf", 413, "Dit bestand is te groot"),
    ):
        answer = http.post(f"{path}/documenten", data=sent(mark, name, body), content_type=PARTS)
        assert (answer.status_code, words in answer.text) == (status, True), name
    assert "Sla het op als pdf" not in http.get(path).text


def test_a_note_is_found_read_and_given_to_nobody_but_who_wrote_it(
    hub: Hub, case_id: str, write: Callable[..., CaseItem]
) -> None:
    note = write(MARLOES, ItemKind.NOTE, content={"text": "Vraag naar de hond Bello."})
    assert "Bello" in browser(hub, MARLOES).get(f"/inwoners/{case_id}").text
    assert "Bello" not in browser(hub, NAIMA).get(f"/inwoners/{case_id}").text
    for who, found in ((MARLOES, True), (NAIMA, False)):
        http = browser(hub, who)
        form = {"csrf_token": mark_of(http, "/zoeken"), "vraag": "Bello"}
        assert ("de hond" in http.post("/zoeken", data=form).text) is found
    with hub.store.reading() as session:
        given = to_json(inzage(session, hub.config, case_id, NOW))
    told = [one for one in given["withheld"] if one["kind"] == note.kind]
    assert [one["rule"] for one in told] == ["D07"]
    assert "Bello" not in str(given)


def test_an_appointment_goes_along_as_a_place_and_a_time_and_nothing_else(
    hub: Hub, case_id: str, write: Callable[..., CaseItem]
) -> None:
    at = dt.datetime(2026, 11, 27, 9, 0, tzinfo=dt.UTC)
    words = {"what": "Intake GGZ van Karin Smulders", "place": "Stadhuis, kamer 3", "people": "Karin", "minutes": 75}
    item = write(MARLOES, ItemKind.APPOINTMENT, content=words, at=at)
    answer = browser(hub, MARLOES).get(f"/inwoners/{case_id}/afspraken/{item.id}.ics")
    event = Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (at, at + dt.timedelta(minutes=75))
    assert (str(event["summary"]), str(event["location"])) == ("Afspraak", "Stadhuis, kamer 3")
    for secret in ("Karin", "Smulders", "GGZ", case_id, item.id, "999990019"):
        assert secret not in answer.text.replace("\r\n ", ""), secret
    with hub.store.writing() as work:
        items.settle(work, hub.config, MARLOES, item.id, ItemState.STOPPED, 1)
    now = next(one for one in view(hub, MARLOES, case_id).items if one.id == item.id)
    again = Calendar.from_ical(calendar_file(now)).walk("VEVENT")[0]
    assert (again["uid"], again["sequence"], str(again["status"])) == (event["uid"], 1, "CANCELLED")


def test_contact_was_not_tomorrow_and_an_appointment_has_a_day(
    hub: Hub, case_id: str, write: Callable[..., CaseItem]
) -> None:
    for kind, words, at, field in (
        (ItemKind.CONTACT, {"how": "phone"}, NOW + dt.timedelta(days=2), "at_future"),
        (ItemKind.APPOINTMENT, {"what": "Koffie"}, None, "at_day"),
    ):
        with pytest.raises(Invalid) as refused:
            write(MARLOES, kind, content=words, at=at)
        assert refused.value.field == field


def test_who_was_called_and_did_not_answer_still_waits_for_contact(
    hub: Hub, case_id: str, write: Callable[..., CaseItem]
) -> None:
    def last() -> dt.date | None:
        with looking_at(hub) as session:
            return next(
                line.last_contact for line in caseload(session, hub.config, MARLOES, NOW) if line.case_id == case_id
            )

    write(MARLOES, ItemKind.CONTACT, content={"how": "phone", "reached": False}, at=NOW)
    assert last() is None
    write(MARLOES, ItemKind.CONTACT, content={"how": "visit", "reached": True}, at=NOW - dt.timedelta(days=3))
    assert last() == (NOW - dt.timedelta(days=3)).date()


def says(hub: Hub, who: Viewer, case_id: str, version: int, **words: str) -> CaseItem:
    with hub.store.writing() as work:
        return client_words.record(work, hub.config, who, case_id, version=version, words=words)


def test_own_words_are_the_regisseurs_to_write_and_the_timeline_keeps_what_they_were(hub: Hub, case_id: str) -> None:
    for who in (NAIMA, TOM, PETER):
        with pytest.raises((NotFound, Forbidden)):
            says(hub, who, case_id, 0, client_words="Iets anders.")
    says(
        hub, MARLOES, case_id, 0, client_words="Ik wil rust.", wishes="- slapen\r\n\r\n- een hond", strengths="planten"
    )
    says(hub, MARLOES, case_id, 1, client_words="Ik wil werken.")
    now = view(hub, MARLOES, case_id)
    assert (now.client_words, now.wishes, now.strengths) == ("Ik wil werken.", ("slapen", "een hond"), ("planten",))
    told = [entry.data["client_words"] for entry in now.entries if entry.item and entry.item.kind == ItemKind.OWN_WORDS]
    assert told == ["Ik wil rust.", "Ik wil werken."]
    for who in (NAIMA, ILSE, TOM):
        seen = view(hub, who, case_id)
        assert (seen.client_words is not None) is any(one.kind == ItemKind.OWN_WORDS for one in seen.items), who.id
        assert ItemKind.OWN_WORDS not in seen.writes


def test_of_two_who_write_own_words_the_second_is_told_and_chooses(hub: Hub, case_id: str) -> None:
    http, path = browser(hub, MARLOES), f"/inwoners/{case_id}"
    form = {"csrf_token": mark_of(http, path), "version": "0", "at_day": "2026-11-12"}
    assert http.post(f"{path}/eigen-woorden", data=form | {"c_client_words": "Eerst rust."}).status_code == 303
    late = http.post(f"{path}/eigen-woorden", data=form | {"c_client_words": "Eerst werk."})
    assert late.status_code == 409
    assert "Eerst rust." in late.text and "Eerst werk." in late.text and 'name="version" value="1"' in late.text
    chosen = http.post(f"{path}/eigen-woorden", data=form | {"version": "1", "c_client_words": "Eerst werk."})
    assert chosen.status_code == 303
    now = view(hub, MARLOES, case_id)
    assert (now.client_words, now.words_said_on) == ("Eerst werk.", dt.date(2026, 11, 12))


def test_an_erased_case_leaves_no_document_no_note_and_no_own_words(
    hub: Hub, case_id: str, write: Callable[..., CaseItem]
) -> None:
    brings(hub, MARLOES, case_id)
    write(MARLOES, ItemKind.NOTE)
    says(hub, MARLOES, case_id, 0, client_words="Ik wil rust.")
    with hub.store.writing() as work:
        remove_case(work, reach_of(work, case_id), "test")
    with hub.store.reading() as session:
        for kept in (DocumentBody, CaseItem):
            assert session.scalar(select(func.count()).select_from(kept)) == 0
        assert session.scalars(select(Case.story).where(Case.id == case_id)).first() is None


def test_an_appointment_that_ends_before_it_begins_can_be_put_right_on_the_page_that_says_so(
    hub: Hub, case_id: str
) -> None:
    http, path = browser(hub, MARLOES), f"/inwoners/{case_id}"
    day = (NOW + dt.timedelta(days=3)).date().isoformat()
    asked = {"kind": "appointment", "c_what": "Koffie", "at_day": day, "at_time": "14:00", "until_time": "13:00"}
    form = {"csrf_token": mark_of(http, path), "audience_of": "some", "audience": "mw-de-kade", **asked}
    page = http.post(f"{path}/vastleggen", data=form)
    assert page.status_code == 422 and "eindigt vóór hij begint" in page.text
    fields = {
        name for name in form if f'name="{name}"' in page.text and f'type="hidden" name="{name}"' not in page.text
    }
    assert fields == set(form) - {"csrf_token", "kind"}
    assert http.post(f"{path}/vastleggen", data={**form, "until_time": "15:00"}).status_code == 303
