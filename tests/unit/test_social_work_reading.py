"""Reading: what is taken, what is refused, and by which name and return code."""

import datetime as dt

import pytest

from connectors.errors import Refusal, RefusalCode
from schemas.vocabulary import Event, MessageKind
from tests.unit.test_social_work_material import BOOK, NOW, OPEN_BOOK, SHARED, changed, read, refused, sample

ASSIGNMENT, START, STOP = sample("in-wmo301.xml"), sample("in-wmo305.xml"), sample("in-wmo307.xml")
REQUEST, CHANGE = sample("in-wmo315.xml"), sample("in-wmo317.xml")
BAD = SHARED / "bad-inputs"
PRODUCT = "Client/ToegewezenProducten/ToegewezenProduct"
ASKED = "Client/AangevraagdeProducten/AangevraagdProduct[1]"
SAME = "Client/Verzoek/OngewijzigdeProducten/OngewijzigdProduct[1]"


def test_a_sender_and_a_receiver_are_found_by_their_numbers():
    message = read(START).messages[0]
    assert (message.sender, message.receiver) == ("mw-de-kade", "gemeente-tilburg")
    assert message.source == "urn:nld:oin:00000099000000000002:systeem:iwmo"


def test_an_identification_counts_per_sender_and_kind_of_message():
    assert read(START).identification == "65656055:WMO305:KADE00000305"
    stop = changed(STOP, ("KADE00000307", "KADE00000305"))
    assert read(stop).identification != read(START).identification


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("19", "COMPLETED"), ("20", "PAUSED"), ("21", "STOPPED_BY_CLIENT")]
    + [(code, "ENDED") for code in ("02", "22", "23", "31", "36", "37", "38", "39")],
)
def test_a_stop_is_what_its_reason_says(reason: str, kind: str):
    body = changed(STOP, ("<wmo307:RedenBeeindiging>31<", f"<wmo307:RedenBeeindiging>{reason}<"))
    last = read(body).messages[-1]
    assert last.kind is MessageKind[kind]
    assert last.data.status_reason is not None
    assert last.data.status_reason.code == reason
    assert last.data.implies == ()


def test_as_planned_is_another_code_in_youth_care():
    assert [message.kind for message in read(sample("in-jw307.xml")).messages] == [
        MessageKind.COMPLETED,
        MessageKind.ENDED,
    ]


def test_an_answer_under_examination_means_received():
    body = changed(
        sample("in-wmo319.xml"),
        ("VerzoekAntwoord>1<", "VerzoekAntwoord>2<"),
        ("    <wmo319:RedenAfwijzingVerzoek>8</wmo319:RedenAfwijzingVerzoek>\n", ""),
    )
    assert read(body).messages[0].kind is MessageKind.RECEIVED


def test_an_answer_to_a_request_for_change_is_never_taken_for_one_to_the_referral():
    asked = read(CHANGE).messages[0].data.correlation
    assert "iwmo:ReferentieAanbieder" not in asked
    assert asked["iwmo:VerzoekWijziging"] == "KADE-W-0007"


def test_a_comment_inside_a_number_leaves_the_number_whole():
    body = changed(START, ("<wmo305:Bsn>999930011<", "<wmo305:Bsn>9999<!-- x -->30<?y z?>011<"))
    client = read(body).messages[0].data.client
    assert client is not None
    assert client.bsn == "999930011"


def test_order_and_empty_optional_elements_are_tolerated_and_strangers_are_noted():
    body = changed(
        START,
        ("        <wmo305:Begindatum>2026-11-11</wmo305:Begindatum>\n", ""),
        (
            "        <wmo305:ToewijzingNummer>500101",
            "        <wmo305:Begindatum> 2026-11-11 </wmo305:Begindatum><wmo305:ToewijzingIngangsdatum/>"
            "<wmo305:Nieuw/><wmo305:ToewijzingNummer>500101",
        ),
    )
    reading = read(body)
    assert reading.messages == read(START).messages
    assert "Client/StartProducten/StartProduct[1]/*" in {loss.field for loss in reading.losses}


def test_characters_that_cannot_be_seen_leave_a_comment_and_break_a_name():
    reading = read(changed(REQUEST, ("Vraagt hulp", "Vraagt\u202e hulp")))
    assert reading.messages[0].data.reason == "Vraagt hulp bij post en betalingen."
    assert "Client/AangevraagdeProducten/AangevraagdProduct[1]/Commentaar" in {loss.field for loss in reading.losses}
    assert refused(changed(REQUEST, ("Haanappel", "Haan\u200bappel"))).field == "Client/Naam/Geslachtsnaam/Achternaam"


@pytest.mark.parametrize(
    ("body", "old", "new", "field", "code"),
    [
        (START, "Bsn>999930011", "Bsn>999930012", "Client/Bsn", "0001"),
        (START, "Bsn>999930011", "Bsn>99993001", "Client/Bsn", "0001"),
        (START, "Dagtekening>2026-11-12", "Dagtekening>2026-11-25", "Header/BerichtIdentificatie/Dagtekening", "8848"),
        (START, "BerichtCode>418", "BerichtCode>414", "Header/BerichtCode", "0001"),
        (START, "2026-11-11</", "2026-02-30</", "Client/StartProducten/StartProduct[1]/Begindatum", "0001"),
        (ASSIGNMENT, "Einddatum>2027-05-08", "Einddatum>2026-11-08", f"{PRODUCT}[1]/Einddatum", "0001"),
        (ASSIGNMENT, "Nummer>500099", "Nummer>500101", f"{PRODUCT}[2]/ToewijzingNummer", "9332"),
        (ASSIGNMENT, "Einddatum>2026-11-01", "Einddatum>2026-11-30", f"{PRODUCT}[2]/RedenWijziging", "0001"),
        (ASSIGNMENT, "Categorie>02", "Categorie>31", f"{PRODUCT}[1]/Product/Categorie", "0001"),
        (STOP, "Einddatum>2026-11-18", "Einddatum>2026-11-10", "Client/StopProducten/StopProduct[1]/Einddatum", "0001"),
        (STOP, "Nummer>500104", "Nummer>500103", "Client/StopProducten/StopProduct[4]/ToewijzingNummer", "9074"),
        (REQUEST, "KADE-2026-0044", "K" * 37, f"{ASKED}/ReferentieAanbieder", "0001"),
        (CHANGE, "Nummer>500102", "Nummer>500101", f"{SAME}/ToewijzingNummer", "0001"),
    ],
)  # fmt: skip
def test_one_bad_class_refuses_the_whole_message_with_its_return_code(
    body: bytes, old: str, new: str, field: str, code: str
):
    refusal = refused(changed(body, (old, new)))
    assert (refusal.code, refusal.field, refusal.dialect_code) == (RefusalCode.MALFORMED, field, code)
    assert new.rsplit(">", maxsplit=1)[-1].rstrip("</") not in refusal.message


def test_a_removal_takes_the_step_back_with_the_date_it_had():
    back = read(changed(START, ("StatusAanlevering>2<", "StatusAanlevering>3<"))).messages[0]
    assert (back.kind, back.data.event, back.data.implies) == (MessageKind.STEP_RETRACTED, Event.START, ())
    plain = read(changed(START, ("StatusAanlevering>2<", "StatusAanlevering>1<"))).messages[1]
    assert back.data.occurred_at == plain.data.occurred_at
    assert back.id != plain.id


def test_a_stop_that_is_removed_names_the_step_by_its_reason():
    body = changed(sample("in-wmo307.xml"), ("StatusAanlevering>1<", "StatusAanlevering>3<"))
    plain = read(sample("in-wmo307.xml")).messages
    back = read(body).messages
    assert {one.kind for one in back} == {MessageKind.STEP_RETRACTED}
    assert sorted(one.data.event or "" for one in back) == sorted(one.data.event or "" for one in plain)


def test_a_changed_start_takes_back_whatever_there_was_and_tells_it_anew():
    kinds = [(one.kind, one.data.occurred_at is None) for one in read(START).messages]
    assert kinds == [
        (MessageKind.STARTED, False),
        (MessageKind.STEP_RETRACTED, True),
        (MessageKind.STARTED, False),
    ]


def test_a_status_that_is_not_one_to_send_is_refused_by_name():
    refusal = refused(changed(START, ("StatusAanlevering>2<", "StatusAanlevering>9<")))
    assert refusal.code is RefusalCode.NOT_ALLOWED
    assert refusal.field == "Client/StartProducten/StartProduct[2]/StatusAanlevering"


def test_two_clients_in_one_message_are_refused():
    text = START.decode()
    client = text[text.index("  <wmo305:Client>") : text.index("</wmo305:Bericht>")]
    assert refused(text.replace(client, client * 2).encode()).field == "Client"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("/3_2/", "/3_1/", RefusalCode.UNSUPPORTED_VERSION),
        ("/3_2/", "/2_4/", RefusalCode.UNSUPPORTED_VERSION),
        ("Subversie>2<", "Subversie>1<", RefusalCode.UNSUPPORTED_VERSION),
        ("BerichtXsdVersie>1.0.0", "BerichtXsdVersie>2.0.0", RefusalCode.UNSUPPORTED_VERSION),
        ("wmo305", "wmo323", RefusalCode.NOT_ALLOWED),
        ("wmo305", "wmo325", RefusalCode.NOT_ALLOWED),
        ("wmo305", "wmo399", RefusalCode.NOT_ALLOWED),
        ("wmo305", "jw305", RefusalCode.NOT_ALLOWED),
        ("http://www.istandaarden.nl/iwmo/3_2/wmo305/schema", "http://hl7.org/fhir", RefusalCode.NOT_ALLOWED),
        ("http://www.istandaarden.nl/iwmo/3_2/wmo305/schema", "urn:x", RefusalCode.MALFORMED),
    ],
)
def test_what_is_not_spoken_is_refused_by_name(old: str, new: str, code: RefusalCode):
    assert refused(changed(START, (old, new))).code is code


def test_a_declaration_is_named_in_its_refusal():
    assert "WMO323" in refused(changed(START, ("wmo305", "wmo323"))).message


def test_a_message_for_somebody_else_is_not_taken_where_we_know_who_we_are():
    body = changed(START, ("Ontvanger>0855", "Ontvanger>0758"))
    refusal = refused(body, BOOK)
    assert (refusal.code, refusal.field, refusal.dialect_code) == (
        RefusalCode.NOT_ALLOWED,
        "Header/Ontvanger",
        "S300",
    )
    assert read(body, OPEN_BOOK).messages[0].receiver == "gemeente:0758"


def test_the_date_of_today_is_the_dutch_one():
    late = dt.datetime(2026, 11, 11, 23, 30, tzinfo=dt.UTC)  # the 12th in Tilburg
    assert read(START, now=late).messages
    assert refused(START, now=late - dt.timedelta(hours=1)).dialect_code == "8848"


@pytest.mark.standards
@pytest.mark.parametrize("name", ["xml-billion-laughs", "xml-external-entity", "xml-depth-3000", "xml-encoding-lie",
                                  "iwmo-end-before-start", "stuf-wrong-receiver"])  # fmt: skip
def test_a_hostile_message_is_refused(name: str):
    if not BAD.is_dir():
        pytest.skip(f"NOT TESTED: the bad inputs are not beside the project ({BAD})")
    with pytest.raises(Refusal):
        read((BAD / f"{name}.xml").read_bytes(), OPEN_BOOK, NOW)


@pytest.mark.standards
def test_the_hostile_comment_in_a_number_gives_the_whole_number():
    if not BAD.is_dir():
        pytest.skip(f"NOT TESTED: the bad inputs are not beside the project ({BAD})")
    for message in read((BAD / "xml-comment-in-bsn.xml").read_bytes(), OPEN_BOOK).messages:
        assert message.data.client is not None
        assert message.data.client.bsn == "999900006"
