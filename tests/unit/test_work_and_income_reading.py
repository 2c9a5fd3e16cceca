"""Reading StUF-ZKN: the dump of a suite, old and new, no value and nothing told, dates, people, and refusals."""

import datetime as dt

import pytest

from connectors.errors import Refusal, RefusalCode
from schemas.message import Message
from schemas.vocabulary import Event, LifeDomain, MessageKind, Outcome
from tests.unit.test_work_and_income_material import (
    BARE_BOOK,
    BOOK,
    DUMP,
    changed,
    dump,
    need_standard,
    read,
    refused,
    sample,
)

K = MessageKind
NEW, OLD = "zakLk01/object[2]", "zakLk01/object[1]"
FOUND = {
    "01-request": "not_allowed StUF025",
    "01-response": "not_allowed StUF025",
    "02-request": [K.SENT],
    "02-response": [],
    "03-request": [K.STARTED],
    "06-request": [K.PAUSED],
}


@pytest.mark.standards
@pytest.mark.parametrize("book", [BOOK, BARE_BOOK], ids=["as the demo is set", "without settings"])
def test_every_real_message_of_the_suite_is_read_or_refused_by_name(book):
    need_standard()
    found = {}
    for path in sorted(DUMP.glob("*.xml")):
        try:
            messages = read(path.read_bytes(), book).messages
            assert all(Message.from_json(one.to_json()) == one for one in messages)
            found["-".join(path.name.split("-")[:2])] = [one.kind for one in messages]
        except Refusal as refusal:
            found["-".join(path.name.split("-")[:2])] = f"{refusal.code} {refusal.dialect_code}"
    assert found == FOUND


@pytest.mark.standards
def test_the_real_create_tells_who_what_and_since_when():
    [one] = read(dump("02-request")).messages
    data, client = one.data, one.data.client
    assert (one.sender, one.receiver) == ("wi-tilburg", "gemeente-tilburg")
    assert client is not None
    assert (client.bsn, client.family_name, client.birth_date) == ("111111110", "Precies", "1901-01-01")
    assert client.prefix is None, "told to have no value"
    assert (data.service.code, data.life_domains) == ("B1026", (LifeDomain.FINANCES,))
    assert (data.starts_on, data.ends_on) == ("2020-03-09", "2020-04-20")
    assert data.correlation == {"stuf:identificatie": "1900208938"}
    assert one.time == dt.datetime(2020, 5, 7, 5, 56, 3, 462000, tzinfo=dt.UTC), "summer time in the Netherlands"


@pytest.mark.standards
def test_the_real_status_is_the_new_object_and_proves_what_went_before():
    [one] = read(dump("03-request")).messages
    assert one.data.implies == (Event.RECEIVE, Event.ACCEPT)
    assert one.data.occurred_at == dt.datetime(2020, 3, 11, 6, 51, 6, tzinfo=dt.UTC), "16 digits, winter time"
    assert one.data.client is None


@pytest.mark.standards
def test_the_text_that_the_suite_cut_off_stays_words():
    [one] = read(dump("06-request")).messages
    assert one.data.note == "niet tijdig verstrekken inform"
    assert one.data.status_reason.code == "J"


# Old and new


def swapped(body: bytes) -> bytes:
    begin, middle, end = (body.index(mark) for mark in (b"<ZKN:object ", b"</ZKN:object>", b"</ZKN:zakLk01>"))
    middle = body.index(b"<ZKN:object ", middle)
    return body[:begin] + body[middle:end] + body[begin:middle] + body[end:]


def test_who_takes_the_first_object_for_the_truth_would_see_no_suspension():
    assert [one.kind for one in read(sample("in-opgeschort")).messages] == [K.PAUSED]
    assert read(swapped(sample("in-opgeschort"))).messages == (), "the new object says nothing of it"
    assert [one.kind for one in read(sample("in-hervat")).messages] == [K.RESUMED]
    assert [one.kind for one in read(swapped(sample("in-hervat"))).messages] == [K.PAUSED]


def test_what_stands_in_both_objects_is_no_news():
    body = sample("in-in-behandeling").decode()
    status = body[body.rindex("<ZKN:heeft ") : body.rindex("</ZKN:heeft>") + len("</ZKN:heeft>")]
    empty = '<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T" xsi:nil="true" StUF:noValue="geenWaarde"/>'
    reading = read(changed(body.encode(), (empty, status)))
    assert reading.messages == ()


@pytest.mark.parametrize(("sort", "told"), [("T", 1), ("W", 1), ("R", 1), ("I", 0), ("E", 0)])
def test_a_status_is_news_by_its_verwerkingssoort(sort, told):
    mark = '<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T">'
    body = changed(sample("in-in-behandeling"), (mark, mark.replace('"T"', f'"{sort}"')))
    assert len(read(body).messages) == told


def test_a_status_that_is_removed_is_left_to_people():
    mark = '<ZKN:heeft StUF:entiteittype="ZAKSTT" StUF:verwerkingssoort="T">'
    refusal = refused(changed(sample("in-in-behandeling"), (mark, mark.replace('"T"', '"V"'))))
    assert (refusal.code, refusal.field) == (RefusalCode.NOT_ALLOWED, f"{NEW}/heeft")


def test_a_change_of_one_object_is_refused():
    body = sample("in-in-behandeling")
    first = body[body.index(b"<ZKN:object ") : body.index(b"</ZKN:object>") + len(b"</ZKN:object>")]
    assert refused(body.replace(first, b"", 1)).field == NEW


def test_two_objects_of_different_cases_are_refused():
    body = sample("in-in-behandeling")
    place = body.rindex(b"<ZKN:identificatie>0855026114")
    other = body[:place] + body[place:].replace(b"0855026114<", b"0855026115<", 1)
    assert refused(other).field == f"{NEW}/identificatie"


def test_two_new_statuses_come_in_the_order_in_which_they_were_set():
    body = sample("in-in-behandeling").decode()
    status = body[body.rindex("<ZKN:heeft ") : body.rindex("</ZKN:heeft>") + len("</ZKN:heeft>")]
    earlier = status.replace("Inbeh", "ontv").replace("2026111109000600", "2026111008000000")
    messages = read(body.replace(status, status + earlier).encode()).messages
    assert [one.kind for one in messages] == [K.RECEIVED, K.STARTED]
    assert len({one.id for one in messages}) == 2


# No value, and nothing told


def test_a_suspension_that_is_left_out_resumes_nothing_and_one_without_value_does():
    body = sample("in-hervat").decode()
    start = body.rindex("<ZKN:opschorting>")
    group = body[start : body.rindex("</ZKN:opschorting>") + len("</ZKN:opschorting>")]
    assert read(body.replace(group, "").encode()).messages == ()
    nil = '<ZKN:opschorting xsi:nil="true"/>'
    assert [one.kind for one in read(body.replace(group, nil).encode()).messages] == [K.RESUMED]
    unknown = '<ZKN:opschorting xsi:nil="true" StUF:noValue="nietOndersteund"/>'
    assert read(body.replace(group, unknown).encode()).messages == ()


def test_an_end_date_that_is_emptied_is_left_to_people():
    nil = '<ZKN:einddatum xsi:nil="true" StUF:noValue="geenWaarde"/>'
    body = sample("in-afgehandeld").decode()
    reopened = body.replace("<ZKN:einddatum>20261123</ZKN:einddatum>", "@").replace(nil, "#")
    reopened = reopened.replace("#", "<ZKN:einddatum>20261123</ZKN:einddatum>").replace("@", nil)
    refusal = refused(reopened.encode())
    assert (refusal.code, refusal.field) == (RefusalCode.NOT_ALLOWED, f"{NEW}/einddatum")


@pytest.mark.parametrize(
    ("told", "born"),
    [
        ('StUF:indOnvolledigeDatum="V">19850412<', "1985-04-12"),
        (">19850412<", "1985-04-12"),
        ('StUF:indOnvolledigeDatum="D">19850400<', "1985-04"),
        ('StUF:indOnvolledigeDatum="M">19850000<', "1985"),
        ('StUF:indOnvolledigeDatum="J">00000000<', None),
        ('StUF:noValue="waardeOnbekend" xsi:nil="true"><', None),
    ],
)
def test_a_birth_date_is_as_incomplete_as_it_says(told, born):
    body = changed(sample("in-aanvraag"), ('StUF:indOnvolledigeDatum="V">19850412<', told))
    assert read(body).messages[0].data.client.birth_date == born


@pytest.mark.parametrize(
    "told", ['="V">19850432<', '="D">19851300<', '="X">19850412<', '="V">850412<', '="V">١٩٨٥٠٤١٢<']
)
def test_a_birth_date_that_is_none_is_refused_with_its_place(told):
    body = changed(sample("in-aanvraag"), ('="V">19850412<', told))
    assert refused(body).field == f"{OLD}/heeftBetrekkingOp/gerelateerde/natuurlijkPersoon/geboortedatum"


@pytest.mark.parametrize(
    ("digits", "moment"),
    [
        ("20261111", "2026-11-10T23:00:00+00:00"),
        ("2026111109", "2026-11-11T08:00:00+00:00"),
        ("202611110905", "2026-11-11T08:05:00+00:00"),
        ("20261111090507", "2026-11-11T08:05:07+00:00"),
        ("202611110905071", "2026-11-11T08:05:07.100000+00:00"),
        ("2026111109050712", "2026-11-11T08:05:07.120000+00:00"),
        ("20261111090507123", "2026-11-11T08:05:07.123000+00:00"),
        ("20260711090507", "2026-07-11T07:05:07+00:00"),
    ],
)
def test_a_moment_has_eight_to_seventeen_digits_of_the_netherlands(digits, moment):
    body = changed(sample("in-in-behandeling"), ("2026111109000600", digits))
    assert read(body).messages[0].data.occurred_at.isoformat() == moment


@pytest.mark.parametrize("digits", ["202611110", "20261111240000", "20261131", "202611110960", "1", "20261111T0900"])
def test_a_moment_that_is_none_is_refused_with_its_place(digits):
    body = changed(sample("in-in-behandeling"), ("2026111109000600", digits))
    assert refused(body).field == f"{NEW}/heeft/datumStatusGezet"


# Ends, decisions, and codes


@pytest.mark.parametrize(
    ("name", "kind", "outcome"),
    [
        ("Toegekend", K.COMPLETED, Outcome.REACHED),
        ("toegekend", K.COMPLETED, Outcome.REACHED),
        ("Afgewezen", K.COMPLETED, Outcome.NOT_REACHED),
        ("Ingetrokken", K.STOPPED_BY_CLIENT, None),
        ("Buiten behandeling gesteld", K.ENDED, None),
        ("Buiten behandeling gestel", K.COMPLETED, None),  # cut off: no code, so the status alone says what it is
    ],
)
def test_a_result_tells_which_end_it_is_by_its_whole_name(name, kind, outcome):
    body = changed(sample("in-afgehandeld"), ("<ZKN:omschrijving>Toegekend<", f"<ZKN:omschrijving>{name}<"))
    [one] = read(body).messages
    assert (one.kind, one.data.outcome, one.data.ends_on) == (kind, outcome, "2026-11-23")


def test_a_decision_ends_what_was_asked():
    [one] = read(sample("in-besluit")).messages
    assert (one.kind, one.data.outcome) == (K.COMPLETED, Outcome.REACHED)
    assert read(changed(sample("in-besluit"), ("Toekenning", "Iets anders"))).messages == ()


def test_a_code_that_is_not_in_the_table_is_refused_so_that_nothing_is_lost():
    refusal = refused(changed(sample("in-in-behandeling"), ("<ZKN:code>Inbeh<", "<ZKN:code>Zoek<")))
    assert (refusal.code, refusal.dialect_code) == (RefusalCode.NOT_ALLOWED, "StUF058")
    assert refusal.field == f"{NEW}/heeft/gerelateerde/code"
    assert "Zoek" not in refusal.message


def test_a_zaaktype_that_is_not_in_the_table_makes_no_referral():
    refusal = refused(changed(sample("in-aanvraag"), ("<ZKN:code>B1026<", "<ZKN:code>B9999<")))
    assert (refusal.code, refusal.field) == (RefusalCode.NOT_ALLOWED, f"{OLD}/isVan/gerelateerde/code")


def test_a_zaaktype_tells_for_whom_a_case_is():
    body = changed(sample("in-aanvraag"), ("<ZKN:code>B1026<", "<ZKN:code>VERWMW<"))
    [one] = read(body).messages
    assert (one.receiver, one.data.service.code, one.data.service.system) == ("mw-de-kade", "hulp-bij-post", "schakel")


def test_a_melding_uwv_is_for_the_municipality():
    [one] = read(sample("in-melding-uwv")).messages
    assert (one.kind, one.receiver) == (K.SENT, "gemeente-tilburg")
    assert one.data.ground.law == "participatiewet"
    assert one.data.client.birth_date == "1979"


# People


def test_of_several_people_it_is_the_one_who_asks():
    body = sample("in-aanvraag").decode()
    link = body[body.index("<ZKN:heeftBetrekkingOp ") : body.index("</ZKN:heeftBetrekkingOp>") + 24]
    other = link.replace("999900006", "999900018").replace("Voorbeeld", "Tweede")
    reading = read(body.replace(link, link + other).encode())
    assert reading.messages[0].data.client.bsn == "999900006"
    assert f"{OLD}/heeftBetrekkingOp" in [loss.field for loss in reading.losses]
    start = body.index("<ZKN:heeftAlsInitiator ")
    unasked = body[:start] + body[body.index("</ZKN:heeftAlsInitiator>") + 24 :]
    assert refused(unasked.replace(link, link + other).encode()).field == f"{OLD}/heeftBetrekkingOp"


def test_a_number_that_fails_the_eleven_test_is_refused_and_not_repeated():
    refusal = refused(changed(sample("in-aanvraag"), ("999900006", "999900007")))
    assert refusal.field == f"{OLD}/heeftBetrekkingOp/gerelateerde/natuurlijkPersoon/inp.bsn"
    assert "999900007" not in f"{refusal.message}{refusal.field}"


# Envelope


@pytest.mark.parametrize(
    ("old", "new", "code", "dialect_code", "field"),
    [
        ("<StUF:applicatie>Schakel", "<StUF:applicatie>Anders", "not_allowed", "StUF010", "ontvanger"),
        ("<StUF:applicatie>GWS4all", "<StUF:applicatie>Vreemd", "not_allowed", "StUF013", "zender"),
        ("<StUF:organisatie>0855", "<StUF:organisatie>0344", "not_allowed", "StUF010", "ontvanger"),
        (
            "<StUF:tijdstipBericht>20261109101503462",
            "<StUF:tijdstipBericht>gisteren",
            "malformed",
            "StUF055",
            "tijdstipBericht",
        ),
    ],
)
def test_a_message_of_or_for_another_system_is_refused(old, new, code, dialect_code, field):
    refusal = refused(changed(sample("in-aanvraag"), (old, new)))
    assert (refusal.code, refusal.dialect_code) == (code, dialect_code)
    assert refusal.field == f"zakLk01/stuurgegevens/{field}"


@pytest.mark.parametrize(
    ("old", "new", "code", "dialect_code"),
    [
        ("sector/zkn/0310", "sector/zkn/0320", "unsupported_version", "StUF007"),
        ("StUF/sector/zkn/0310", "StUF/koppelvlak/zds0120", "unsupported_version", "StUF007"),
        ("schemas.xmlsoap.org/soap/envelope/", "www.w3.org/2003/05/soap-envelope", "unsupported_version", "StUF055"),
        ("ZKN:zakLk01", "ZKN:edcLk01", "not_allowed", "StUF031"),
        ("ZKN:zakLk01", "ZKN:zakLk02", "not_allowed", "StUF025"),
        ("<StUF:mutatiesoort>T", "<StUF:mutatiesoort>F", "not_allowed", "StUF055"),
    ],
)
def test_another_standard_or_message_is_refused_by_name(old, new, code, dialect_code):
    refusal = refused(changed(sample("in-aanvraag"), (old, new)))
    assert (refusal.code, refusal.dialect_code) == (code, dialect_code)


def test_a_bv03_tells_nothing_new_and_a_bv01_that_it_was_understood():
    assert read(sample("in-bv03")).messages == ()
    [one] = read(sample("in-bv01")).messages
    assert (one.kind, one.data.receipt.reference) == (K.PROCESSED, "0b6a2a52-0000-4000-8000-00000000b001")
    [one] = read(sample("in-fo03")).messages
    assert (one.kind, one.data.receipt.codes[0].code) == (K.REFUSED, "StUF055")
