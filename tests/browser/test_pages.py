"""The pages as a browser without scripts asks for them."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from hub.web.backend import EventRefused, FieldError
from tests.browser.made_up import PASSWORD, Remembering, make_app


@pytest.fixture
def services() -> Remembering:
    return Remembering()


@pytest.fixture
def visitor(services: Remembering) -> FlaskClient:
    return make_app(services).test_client()


def mark_of(visitor: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get(path).text)
    assert found
    return found[1]


def sign_in(visitor: FlaskClient, username: str) -> FlaskClient:
    mark = mark_of(visitor, "/inloggen")
    answer = visitor.post("/inloggen", data={"gebruikersnaam": username, "wachtwoord": PASSWORD, "csrf_token": mark})
    assert answer.status_code == 303
    return visitor


def full_form(mark: str, **changes: object) -> dict[str, object]:
    return {
        "csrf_token": mark,
        "inwoner": "karin",
        "sleutel": "k-1",
        "life_domains": ["work_education"],
        "service": "groen",
        "reason": "Eén dagdeel meelopen.",
        "strengths": ["Groene vingers", ""],
        "urgency": "routine",
        "basis": "consent",
        "evidence": "Mondeling, vandaag.",
        **changes,
    }


def test_every_page_wants_a_sign_in_and_comes_back_to_where_one_was(visitor: FlaskClient) -> None:
    answer = visitor.get("/inwoners/karin")
    assert answer.location == "/inloggen?verder=%2Finwoners%2Fkarin"
    assert 'name="verder" value="/inwoners/karin"' in visitor.get(answer.location).text


@pytest.mark.parametrize("path", ["//elders.example", "/\\elders.example", "https://elders.example", "javascript:x"])
def test_signing_in_never_leads_to_another_host(visitor: FlaskClient, path: str) -> None:
    mark = mark_of(visitor, "/inloggen")
    form = {"gebruikersnaam": "tom", "wachtwoord": PASSWORD, "csrf_token": mark, "verder": path}
    assert visitor.post("/inloggen", data=form).location == "/werkvoorraad"


def test_a_wrong_password_says_so_and_keeps_the_name(visitor: FlaskClient) -> None:
    mark = mark_of(visitor, "/inloggen")
    answer = visitor.post("/inloggen", data={"gebruikersnaam": "tom", "wachtwoord": "x", "csrf_token": mark})
    assert answer.status_code == 401
    assert "horen niet bij elkaar" in answer.text
    assert 'value="tom"' in answer.text


def test_a_form_without_its_mark_does_nothing(visitor: FlaskClient, services: Remembering) -> None:
    sign_in(visitor, "tom")
    answer = visitor.post("/verwijzingen/r-4822/stap", data={"event": "accept"})
    assert answer.status_code == 400
    assert "te lang open" in answer.text
    assert services.events == []


def test_signing_out_ends_the_session(visitor: FlaskClient) -> None:
    sign_in(visitor, "tom")
    visitor.post("/uitloggen", data={"csrf_token": mark_of(visitor, "/werkvoorraad")})
    assert visitor.get("/werkvoorraad").status_code == 302


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("marloes", "/werkvoorraad"),
        ("tom", "/werkvoorraad"),
        ("marloes", "/inwoners/karin"),
        ("peter", "/inwoners/karin"),
        ("marloes", "/inwoners/leeg"),
        ("marloes", "/verwijzingen/r-4817"),
        ("marloes", "/verwijzingen/r-4831"),
        ("tom", "/verwijzingen/r-4822"),
        ("marloes", "/verwijzingen/nieuw?inwoner=karin"),
        ("bas", "/berichten"),
    ],
)
def test_every_page_draws_under_a_strict_policy(visitor: FlaskClient, who: str, path: str) -> None:
    answer = sign_in(visitor, who).get(path)
    assert answer.status_code == 200
    policy = re.match(r"default-src 'none'; script-src 'nonce-([^']+)';", answer.headers["Content-Security-Policy"])
    assert policy
    assert set(re.findall(r'<script[^>]* nonce="([^"]*)"', answer.text)) == {policy[1]}
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", answer.text)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)
    assert "Undefined" not in answer.text
    ids = re.findall(r'\sid="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))


def test_a_missing_and_a_forbidden_dossier_give_the_same_page(visitor: FlaskClient) -> None:
    sign_in(visitor, "tom")
    missing, forbidden = visitor.get("/inwoners/bestaat-niet"), visitor.get("/inwoners/karin")
    assert missing.status_code == forbidden.status_code == 404
    without_marks = [re.sub(r'(?:value|nonce)="[^"]+"', "", page.text) for page in (missing, forbidden)]
    assert without_marks[0] == without_marks[1]


def test_a_page_that_is_not_ones_work_looks_like_one_that_is_not_there(visitor: FlaskClient) -> None:
    sign_in(visitor, "tom")
    assert visitor.get("/berichten").status_code == visitor.get("/bestaat-niet").status_code == 404


def test_a_fault_of_ours_gives_a_number_and_no_details(visitor: FlaskClient, services: Remembering) -> None:
    sign_in(visitor, "tom")
    services.worklist = lambda viewer: 1 / 0  # type: ignore[assignment, return-value]
    answer = visitor.get("/werkvoorraad")
    assert answer.status_code == 500
    assert re.search(r"F-[0-9A-F]{6}", answer.text)
    assert "ZeroDivision" not in answer.text


def test_what_is_said_is_text_and_never_markup(visitor: FlaskClient, services: Remembering) -> None:
    from dataclasses import replace

    from tests.browser.made_up import KARIN

    services.cases["p-marloes", "karin"] = replace(KARIN, client_words="<script>alert(1)</script>")
    page = sign_in(visitor, "marloes").get("/inwoners/karin").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_whoever_sees_a_part_sees_what_is_always_withheld(visitor: FlaskClient) -> None:
    page = sign_in(visitor, "peter").get("/inwoners/karin").text
    assert "Vrijwillige begeleiding" in page
    assert "GGZ De Leij" not in page
    assert "Een verwijzing" in page


def test_a_complete_form_sends_once_however_often_it_is_pressed(visitor: FlaskClient, services: Remembering) -> None:
    sign_in(visitor, "marloes")
    form = full_form(mark_of(visitor, "/verwijzingen/nieuw?inwoner=karin"))
    answers = [visitor.post("/verwijzingen/nieuw", data=form) for _ in range(2)]
    assert [answer.location for answer in answers] == ["/verwijzingen/r-4817"] * 2
    [new] = services.sent.values()
    assert (new.to, new.service, new.ground.purpose) == ("de-spoel", "groen", "placement")
    assert new.strengths == ("Groene vingers",)
    assert new.client is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strengths": [""]}, "Noem minstens één sterke kant."),
        ({"evidence": ""}, "Vul in hoe en wanneer dit is besproken."),
        ({"basis": "public_task", "evidence": ""}, "Kies de wet."),
        ({"basis": "legal_duty", "law": "verzonnen"}, "Kies de wet."),
        ({"life_domains": ["verzonnen"]}, "Kies minstens één leefgebied."),
        ({"service": "verzonnen"}, "Kies naar wie u verwijst."),
        ({"reason": "x" * 4001}, "Deze tekst is te lang."),
    ],
)
def test_what_lacks_is_named_and_the_rest_is_kept(
    visitor: FlaskClient, services: Remembering, changes: dict[str, object], words: str
) -> None:
    sign_in(visitor, "marloes")
    form = full_form(mark_of(visitor, "/verwijzingen/nieuw?inwoner=karin"), **changes)
    answer = visitor.post("/verwijzingen/nieuw", data=form)
    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert "De rest is bewaard" in answer.text
    assert 'value="k-1"' in answer.text
    assert services.sent == {}


def test_what_the_services_refuse_shows_at_its_field(visitor: FlaskClient, services: Remembering) -> None:
    sign_in(visitor, "marloes")
    services.problems = (FieldError(field="ground.law", code="unknown"), FieldError(field="onbekend", code="x"))
    page = visitor.post("/verwijzingen/nieuw", data=full_form(mark_of(visitor, "/verwijzingen/nieuw?inwoner=karin")))
    assert page.status_code == 422
    assert 'href="#law"' in page.text
    assert 'id="law-f"' in page.text


def test_without_scripts_one_can_look_at_what_is_shared_first(visitor: FlaskClient, services: Remembering) -> None:
    sign_in(visitor, "marloes")
    form = full_form(mark_of(visitor, "/verwijzingen/nieuw?inwoner=karin"), bekijk="1")
    page = visitor.post("/verwijzingen/nieuw", data=form).text
    assert "Dit krijgt Leerwerkbedrijf De Spoel" in page
    assert services.sent == {}


def test_accepting_takes_one_press(visitor: FlaskClient, services: Remembering) -> None:
    sign_in(visitor, "tom")
    mark = mark_of(visitor, "/verwijzingen/r-4822")
    answer = visitor.post("/verwijzingen/r-4822/stap", data={"event": "accept", "csrf_token": mark})
    assert answer.status_code == 303
    [(referral_id, new)] = services.events
    assert (referral_id, new.event) == ("r-4822", "accept")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"event": "decline", "note": "Vol"}, "Kies een reden."),
        ({"event": "decline", "reason": "verzonnen"}, "Kies een reden."),
        ({"event": "ask", "note": "  "}, "Schrijf een korte toelichting."),
        ({"event": "plan", "date": "morgen"}, "Kies een datum."),
        ({"event": "complete"}, "Kies wat het heeft opgeleverd."),
    ],
)
def test_an_answer_that_lacks_something_says_what(
    visitor: FlaskClient, services: Remembering, form: dict[str, str], words: str
) -> None:
    sign_in(visitor, "tom")
    mark = mark_of(visitor, "/verwijzingen/r-4822")
    answer = visitor.post("/verwijzingen/r-4822/stap", data={**form, "csrf_token": mark})
    assert answer.status_code == 422
    assert words in answer.text
    assert services.events == []


def test_an_appointment_is_meant_in_the_time_of_amsterdam(visitor: FlaskClient, services: Remembering) -> None:
    sign_in(visitor, "tom")
    form = {
        "event": "plan",
        "date": "2026-07-01",
        "time": "10:30",
        "csrf_token": mark_of(visitor, "/verwijzingen/r-4822"),
    }
    visitor.post("/verwijzingen/r-4822/stap", data=form)
    assert services.events[0][1].at is not None
    assert services.events[0][1].at.isoformat() == "2026-07-01T08:30:00+00:00"


def test_too_late_shows_what_can_be_done_now(visitor: FlaskClient, services: Remembering) -> None:
    sign_in(visitor, "tom")
    services.refusal = EventRefused(allowed=())
    mark = mark_of(visitor, "/verwijzingen/r-4822")
    answer = visitor.post("/verwijzingen/r-4822/stap", data={"event": "accept", "csrf_token": mark})
    assert answer.status_code == 409
    assert "iemand was u net voor" in answer.text


def test_a_standstill_of_the_traffic_is_told_in_plain_words(visitor: FlaskClient, services: Remembering) -> None:
    from dataclasses import replace

    from tests.browser.made_up import ASKED

    services.stopped = True
    services.referrals["p-marloes", "r-4817"] = replace(
        ASKED, line=replace(ASKED.line, mark="sent", delivery="waiting")
    )
    page = sign_in(visitor, "marloes").get("/verwijzingen/r-4817").text
    assert "veilig opgeslagen en gaat vanzelf weg" in page


def test_closing_a_message_needs_a_reason(visitor: FlaskClient, services: Remembering) -> None:
    sign_in(visitor, "bas")
    mark = mark_of(visitor, "/berichten")
    assert (
        visitor.post("/berichten/in-1", data={"actie": "settle", "reden": " ", "csrf_token": mark}).status_code == 422
    )
    assert visitor.post("/berichten/in-1", data={"actie": "weg", "csrf_token": mark}).status_code == 400
    visitor.post("/berichten/in-1", data={"actie": "settle", "reden": "Gebeld met GGZ", "csrf_token": mark})
    visitor.post("/berichten/out-7", data={"actie": "retry", "csrf_token": mark})
    assert services.handled == [("in-1", "settle", "Gebeld met GGZ"), ("out-7", "retry", "")]
    assert "Het bericht is afgehandeld" in visitor.get("/berichten").text
