"""What someone answers at a screen: in one press, with what was chosen, and read by who asked."""

import datetime as dt

import pytest
from sqlalchemy import select

from hub.models import Referral, TimelineEntry
from hub.services.access.capacity import own_room
from hub.services.cases.case_view import case_view
from hub.services.errors import Invalid, StateForbids
from hub.services.overview import inbox_list
from hub.services.referrals import answering, sending
from hub.services.referrals.referral_view import referral_view
from hub.services.views.referral import ReferralView
from hub.services.views.viewer import Viewer
from hub.services.views.work import WorkLine
from hub.web.screens.referral_page import talk_of
from hub.web.words import sentences
from hub.web.words.dates import appointed
from hub.wiring import Hub
from schemas.referral import NewEvent
from schemas.vocabulary import Event, LifeDomain, Purpose, Status
from tests.builders import ground, new_referral
from tests.integration.callers import looking_at
from tests.personas import ILSE, MARLOES, NAIMA, PETER, TOM, person

SPOEL = "de-spoel"
SANDER = person("sander", "Sander Mol", SPOEL, "Leerwerkbedrijf De Spoel", "job_coach", Purpose.PLACEMENT)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def sent(database_hub: Hub) -> str:
    """Give a referral to De Spoel that nobody has opened."""
    new = new_referral(to=SPOEL, life_domains=(LifeDomain.WORK_EDUCATION,), ground=ground(purpose=Purpose.PLACEMENT))
    with database_hub.store.writing() as work:
        return sending.send_referral(work, database_hub.config, MARLOES, new).id


def act(hub: Hub, who: Viewer, referral_id: str, event: Event, **more: object) -> None:
    with hub.store.writing() as work:
        answering.answer(work, hub.config, who, referral_id, NewEvent(event=event, **more))  # type: ignore[arg-type]


def kept(hub: Hub, referral_id: str) -> Referral:
    with hub.store.reading() as session:
        return session.scalars(select(Referral).where(Referral.id == referral_id)).one()


def told(hub: Hub, referral_id: str) -> list[tuple[str, str | None, dict[str, object]]]:
    """Give what people did: kind, who and what was said."""
    with hub.store.reading() as session:
        query = select(TimelineEntry).where(TimelineEntry.referral_id == referral_id)
        rows = session.scalars(query.order_by(TimelineEntry.position)).all()
        return [(row.kind, row.actor, dict(row.data or {})) for row in rows if row.actor]


def page(hub: Hub, who: Viewer, referral_id: str) -> ReferralView:
    with looking_at(hub) as session:
        return referral_view(session, hub.config, who, referral_id, now())


def inbox(hub: Hub, who: Viewer, *, past: bool = False) -> list[WorkLine]:
    lines = inbox_list.past_lines if past else inbox_list.open_lines
    with looking_at(hub) as session:
        return lines(session, hub.config, who, now())


def words(view: ReferralView) -> list[str]:
    return [step.note for step in view.trail if step.note]


def test_who_accepts_at_once_has_opened_it_too(database_hub: Hub, sent: str) -> None:
    assert {"accept", "ask", "decline", "waitlist"} <= {
        action.event for action in page(database_hub, TOM, sent).actions
    }
    act(database_hub, TOM, sent, Event.ACCEPT)
    assert [(kind, who) for kind, who, _data in told(database_hub, sent)] == [
        ("send", MARLOES.name),
        ("receive", TOM.name),
        ("accept", TOM.name),
    ]
    referral = kept(database_hub, sent)
    assert (referral.status, referral.inferred) == (Status.ACCEPTED, False)


def test_what_the_state_forbids_leaves_it_unopened(database_hub: Hub, sent: str) -> None:
    with pytest.raises(StateForbids):
        act(database_hub, TOM, sent, Event.START)
    assert kept(database_hub, sent).status == Status.SENT


def test_the_sender_opens_nothing(database_hub: Hub, sent: str) -> None:
    act(database_hub, MARLOES, sent, Event.WITHDRAW)
    assert [kind for kind, _who, _data in told(database_hub, sent)] == ["send", "withdraw"]


def test_who_asked_reads_the_answer_before_accepting_and_others_do_not(database_hub: Hub, sent: str) -> None:
    act(database_hub, TOM, sent, Event.ASK, note="Op welke dagen?")
    act(database_hub, MARLOES, sent, Event.ANSWER, note="Op maandag.")
    assert words(page(database_hub, TOM, sent)) == ["Op welke dagen?", "Op maandag."]
    assert words(page(database_hub, SANDER, sent)) == ["Op welke dagen?", "Op maandag."]
    assert page(database_hub, TOM, sent).client_name == ""
    assert page(database_hub, TOM, sent).content == ()


def test_income_learns_no_word_of_what_treatment_asks_and_is_answered(database_hub: Hub) -> None:
    new = new_referral(to="ggz-de-leij", life_domains=(LifeDomain.MENTAL_HEALTH,), ground=ground(purpose="treatment"))
    with database_hub.store.writing() as work:
        referral_id = sending.send_referral(work, database_hub.config, MARLOES, new).id
    act(database_hub, ILSE, referral_id, Event.ASK, note="Sinds wanneer slaapt zij slecht?")
    act(database_hub, MARLOES, referral_id, Event.ANSWER, note="Sinds de zomer.")
    assert "Sinds de zomer." in words(page(database_hub, ILSE, referral_id))
    act(database_hub, ILSE, referral_id, Event.ACCEPT)
    with looking_at(database_hub) as session:
        case = case_view(session, database_hub.config, PETER, kept(database_hub, referral_id).case_id, now())
    shown = repr(case)
    assert [line.mark for line in case.referrals if line.number] == []  # of a masked one only that it runs
    assert not any(word in shown for word in ("slaapt", "zomer", "GGZ De Leij", "Ilse"))


def test_the_day_from_which_there_is_room_and_who_fits_better_are_kept_as_chosen(database_hub: Hub, sent: str) -> None:
    act(database_hub, TOM, sent, Event.WAITLIST, note="Naar verwachting in januari.", expected_on=dt.date(2027, 1, 12))
    chosen = {"proposed_to": "mw-de-kade", "proposed_service": "hulp-bij-post"}
    act(database_hub, TOM, sent, Event.PROPOSE_REDIRECT, note="Zij helpen met de post.", **chosen)
    said = [data for _kind, _who, data in told(database_hub, sent)][-2:]
    assert said[0]["expected_on"] == "2027-01-12"
    assert {name: said[1][name] for name in chosen} == chosen
    [proposed] = [step.proposed for step in page(database_hub, MARLOES, sent).trail if step.proposed]
    assert proposed == {"to": "mw-de-kade", "service": "hulp-bij-post"}


@pytest.mark.parametrize(("to", "service"), [(SPOEL, None), ("bestaat-niet", None), ("mw-de-kade", "ggz-kennismaking")])
def test_nobody_is_proposed_who_is_not_there(database_hub: Hub, sent: str, to: str, service: str | None) -> None:
    with pytest.raises(Invalid) as wrong:
        act(database_hub, TOM, sent, Event.PROPOSE_REDIRECT, proposed_to=to, proposed_service=service)
    assert wrong.value.field == "proposed"


def test_a_colleague_has_the_same_inbox_and_goes_on_where_the_other_stopped(database_hub: Hub, sent: str) -> None:
    act(database_hub, TOM, sent, Event.ASK, note="Op welke dagen?")
    act(database_hub, MARLOES, sent, Event.ANSWER, note="Op maandag.")
    assert inbox(database_hub, SANDER) == inbox(database_hub, TOM)
    act(database_hub, SANDER, sent, Event.ACCEPT)
    [line] = inbox(database_hub, TOM)
    assert (line.client_name, line.reason) == ("Karin Smulders", "plan_first_contact")


def test_what_is_over_is_found_for_a_month_by_who_received_it_alone(database_hub: Hub, sent: str) -> None:
    act(database_hub, TOM, sent, Event.DECLINE, reason="no_capacity")
    assert inbox(database_hub, TOM) == []
    [line] = inbox(database_hub, TOM, past=True)
    assert line.referral is not None
    assert (line.referral.mark, line.client_name) == ("declined", "")
    assert inbox(database_hub, NAIMA, past=True) == []


def test_people_speak_for_the_room_of_their_own_services(database_hub: Hub) -> None:
    with database_hub.store.reading() as session:
        of_tom = own_room(session, database_hub.config, TOM)
        assert {one.service.organisation for one in of_tom} == {SPOEL}
        assert own_room(session, database_hub.config, PETER) == []


def test_who_referred_sees_when_the_first_appointment_is(database_hub: Hub, sent: str) -> None:
    when = (now() + dt.timedelta(days=3)).replace(microsecond=0)
    act(database_hub, TOM, sent, Event.ACCEPT)
    act(database_hub, TOM, sent, Event.PLAN, at=when)
    for who in (MARLOES, TOM):
        view = page(database_hub, who, sent)
        assert [step.agreed_for for step in talk_of(view.trail)] == [when]
        with looking_at(database_hub) as session:
            case = case_view(session, database_hub.config, who, view.case_id, now())
        assert [sentences.told(entry) for entry in case.entries if entry.kind == Event.PLAN] == [f"{appointed(when)}."]
