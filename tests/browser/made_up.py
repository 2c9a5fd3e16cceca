"""People, clients and referrals that are made up, and services that serve them from memory."""

import datetime as dt
from dataclasses import replace

from flask import Flask

from hub.organisations import Service
from hub.rules.room import ServiceRoom
from hub.services.access.capacity import OwnRoom
from hub.services.access.directory import Running
from hub.services.access.release import fields_of, only
from hub.services.messages.monitor_views import ConnectionLine, MonitorLine, MonitorView
from hub.services.people.sessions import SignedIn, Stage
from hub.services.record.windows import NEWEST, Window
from hub.services.referrals.differences import DifferencesView
from hub.services.views.case import CaseView, EntryView
from hub.services.views.referral import (
    ActionChoice,
    DeliveryTrouble,
    ReferralLine,
    ReferralView,
    ServiceOffer,
    TrackStep,
    TrailStep,
)
from hub.services.views.viewer import Viewer
from hub.services.views.why import Explained, Withheld
from hub.services.views.work import AlertView, WorkLine
from hub.web.backend import Entered, EventRefused, FieldError, Refused
from hub.web.door.front_door import FrontDoor
from hub.web.door.origins import Origins
from hub.web.pages import register_pages
from schemas.message import Client, MessageData
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import LifeDomain, Purpose, SharedField

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
KADE, SPOEL, LEIJ, WI = (
    "Maatschappelijk werk De Kade",
    "Leerwerkbedrijf De Spoel",
    "GGZ De Leij",
    "Werk & Inkomen Tilburg",
)


def ago(**parts: float) -> dt.datetime:
    return NOW - dt.timedelta(**parts)


def _viewer(person_id: str, name: str, organisation: str, organisation_name: str, role: str, purpose: str) -> Viewer:
    return Viewer(
        id=person_id,
        name=name,
        organisation=organisation,
        organisation_name=organisation_name,
        role=role,
        purpose=purpose,
    )


MARLOES = _viewer("p-marloes", "Marloes Verhoeven", "wi-tilburg", WI, "case_director", "guidance")
PETER = _viewer("p-peter", "Peter Adriaans", "wi-tilburg", WI, "income_consultant", "income")
TOM = _viewer("p-tom", "Tom van Riel", "de-spoel", SPOEL, "job_coach", "placement")
BAS = _viewer("p-bas", "Bas Kemps", "gemeente-tilburg", "Gemeente Tilburg", "functional_admin", "operations")
PEOPLE = {"marloes": MARLOES, "peter": PETER, "tom": TOM, "bas": BAS}
PASSWORD = "schakel-demo"


WHY = Explained(
    rule="A02",
    reason="U bent de klantregisseur: u ziet wat nodig is om de hulp bij elkaar te houden.",
    purpose="guidance",
    relation="regie",
    basis="public_task",
    law="participatiewet",
    since=ago(days=2),
    granted_by=WI,
)
WHY_NOT = replace(
    WHY, allowed=False, rule="D02", reason="Voor inkomen mag niets uit vrijwillige begeleiding.", basis="", law=""
)
WHYS = {"person": WHY, "bsn": WHY, "words": WHY, "contact": WHY, "content": WHY}
MASKED_WHY = replace(WHY, basis="", law="", since=None, granted_by=None)


def line(number: int, title: str, organisation: str, mark: str, **changes: object) -> ReferralLine:
    base = ReferralLine(
        id=f"r-{number}",
        number=f"V-{NOW.year}-{number:05d}",
        title=title,
        organisation=organisation,
        sender=WI,
        mark=mark,
        delivery="processed",
        next_who=None,
        next_what=None,
        due_at=None,
        overdue=False,
        inferred=False,
        masked=None,
        audience=None,
        sent_at=NOW - dt.timedelta(days=30) + dt.timedelta(minutes=number),
        why=WHY,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


DEBTS = line(
    4831,
    "Wmo-begeleiding thuis",
    KADE,
    "undelivered",
    delivery="quarantined",
    next_who=KADE,
    next_what="open",
    due_at=ago(days=-2),
)
GREEN = line(4817, "Oriëntatie groen", SPOEL, "question", next_who=WI, next_what="answer", due_at=ago(days=-3))
GGZ = line(
    4809,
    "Kennismaking en behandeling",
    LEIJ,
    "accepted",
    next_who=LEIJ,
    next_what="plan_first_contact",
    due_at=ago(days=-5),
    audience="Alleen GGZ De Leij en regisseur",
)
POST = line(4620, "Hulp bij post en overzicht", KADE, "completed")
MASKED = replace(
    line(4809, "", "", "running"), number="", sender="", delivery=None, masked="A02", sent_at=None, why=MASKED_WHY
)


def entry(position: int, kind: str, at: dt.datetime, referral: ReferralLine | None = None, **more: object) -> EntryView:
    base = EntryView(
        case_id="karin",
        position=position,
        kind=kind,
        at=at,
        actor=None,
        organisation=None,
        organisation_name=None,
        referral=referral,
        why=referral.why if referral else WHY,
    )
    return replace(base, **more)  # type: ignore[arg-type]


ENTRIES = (
    entry(1, "case_opened", ago(days=70), actor="Marloes Verhoeven", organisation_name=WI),
    entry(2, "send", ago(days=60), POST, actor="Marloes Verhoeven", organisation_name=WI),
    entry(3, "accept", ago(days=58), POST, actor="Naima Bouzid", organisation_name=KADE),
    entry(4, "complete", ago(days=40), POST, actor="Naima Bouzid", organisation_name=KADE, data={"outcome": "reached"}),
    entry(5, "accept", ago(days=6), GGZ, actor="Ilse Brands", organisation_name=LEIJ),
    entry(6, "send", ago(days=2), GREEN, actor="Marloes Verhoeven", organisation_name=WI),
    entry(7, "processed", ago(days=2), GREEN, organisation_name=SPOEL),
    entry(8, "send", ago(days=1), DEBTS, actor="Marloes Verhoeven", organisation_name=WI),
    entry(9, "undelivered", ago(minutes=50), DEBTS, organisation_name=KADE),
    entry(
        10,
        "ask",
        ago(minutes=1),
        GREEN,
        actor="Tom van Riel",
        organisation_name=SPOEL,
        data={"note": "Op welke dagdelen kan Karin?"},
    ),
)
KARIN = CaseView(
    case_id="karin",
    position=10,
    client_name="Karin Smulders",
    age=52,
    bsn_tail="019",
    area="Broekhoven, Tilburg",
    contact_name="Marloes Verhoeven",
    contact_organisation=WI,
    contact_since=dt.date(2026, 6, 11),
    client_words="Ik wil weer een dag met iets erin. Het liefst met planten. En niet meer schrikken als de post komt.",
    strengths=("Groene vingers", "Komt altijd op tijd", "Kent iedereen in de straat"),
    referrals=(DEBTS, GREEN, GGZ, POST),
    entries=ENTRIES,
    withheld=(),
    may_refer=True,
    whys=WHYS,
)
WITHHELD = (
    Withheld(what="health", rule="D08", reason="Gezondheid blijft bij wie behandelt."),
    Withheld(what="guidance", rule="D02", reason="Voor inkomen mag niets uit vrijwillige begeleiding of zorg."),
)
KARIN_FOR_PETER = replace(
    KARIN,
    position=2,
    client_words=None,
    strengths=(),
    referrals=(GREEN, MASKED),
    entries=(entry(1, "masked", ago(days=6), MASKED), entry(2, "send", ago(days=2), GREEN, organisation_name=WI)),
    withheld=WITHHELD,
    may_refer=False,
    whys={**WHYS, "words": WHY_NOT, "bsn": WHY_NOT},
    bsn_tail=None,
)
EMPTY = replace(
    KARIN,
    case_id="leeg",
    client_name="Youssef Amrani",
    client_words=None,
    strengths=(),
    referrals=(),
    entries=(),
    position=0,
)

REASONS = (
    ("no_capacity", "Nu geen plek"),
    ("not_our_offer", "Past niet bij ons aanbod"),
    ("other_fits_better", "Andere organisatie past beter"),
    ("client_declines", "Inwoner wil dit niet"),
)
CONTENT = (
    ("name", "Karin Smulders"),
    ("birth_date", "14 maart 1974"),
    ("client_words", "Ooit wil ik werken met planten."),
    ("reason", "Eén dagdeel meelopen om te kijken of het past."),
    ("strengths", "Groene vingers, komt altijd op tijd"),
    ("life_domains", "work_education, daytime_activities"),
    ("urgency", "routine"),
    ("basis", "consent"),
)


def _steps(*states: str) -> tuple[TrackStep, ...]:
    keys = ("sent", "delivered", "read", "accepted", "started", "completed")
    return tuple(
        TrackStep(key=key, at=ago(days=2) if state == "done" else None, state=state)
        for key, state in zip(keys, states, strict=True)
    )


def _action(event: str, *, needs_reason: bool = False, reasons: tuple[tuple[str, str], ...] = ()) -> ActionChoice:
    return ActionChoice(event=event, needs_reason=needs_reason, reasons=reasons)


TRAIL = (
    TrailStep(at=ago(days=2), kind="send", actor="Marloes Verhoeven", organisation=WI),
    TrailStep(
        at=ago(days=2, seconds=-20),
        kind="send",
        actor=None,
        organisation=SPOEL,
        delivery="delivered",
        attempts=1,
        reference="S-11544",
    ),
    TrailStep(at=ago(days=2, seconds=-60), kind="send", actor=None, organisation=SPOEL, delivery="processed"),
    TrailStep(
        at=ago(minutes=1),
        kind="ask",
        actor="Tom van Riel",
        organisation=SPOEL,
        note="Mooie aanmelding. Op welke dagdelen kan Karin? En kan ze zelf bij de kas komen?",
    ),
)
ASKED = ReferralView(
    line=GREEN,
    case_id="karin",
    client_name="Karin Smulders",
    content=CONTENT,
    steps=_steps("done", "done", "done", "now", "todo", "todo"),
    trail=TRAIL,
    actions=(_action("answer"), _action("withdraw"), _action("client_stops")),
    sent_at=ago(days=2),
    sent_by="Marloes Verhoeven",
    phone="013 542 73 00",
    whys=WHYS,
)
NOT_ARRIVED = ReferralView(
    line=DEBTS,
    case_id="karin",
    client_name="Karin Smulders",
    content=CONTENT,
    steps=_steps("done", "fault", "todo", "todo", "todo", "todo"),
    trail=(
        TRAIL[0],
        TrailStep(
            at=ago(minutes=50),
            kind="send",
            actor=None,
            organisation=KADE,
            delivery="waiting",
            attempts=30,
            next_at=ago(minutes=-2),
            reason="unreachable",
        ),
    ),
    actions=(_action("withdraw"),),
    sent_at=ago(days=1),
    sent_by="Marloes Verhoeven",
    trouble=DeliveryTrouble(
        reason="unreachable",
        since=ago(hours=2, minutes=28),
        attempts=30,
        next_at=ago(minutes=-2),
        until=ago(days=-4),
        needs_person=False,
        phone="013 542 71 00",
    ),
    whys={**WHYS, "words": WHY_NOT},
)
WOOD = line(
    4822,
    "Oriëntatie hout",
    SPOEL,
    "received",
    next_who=SPOEL,
    next_what="decide",
    due_at=ago(days=-1),
    sender="Toegangsteam Noord",
)
DECIDE = ReferralView(
    line=WOOD,
    case_id="abdelkader",
    client_name="Abdelkader Mansouri",
    content=(
        ("reason", "Weer een dagritme en vakwerk. Twee keer halve dagen om te beginnen."),
        ("strengths", "Was twintig jaar meubelmaker"),
    ),
    steps=_steps("done", "done", "done", "now", "todo", "todo"),
    trail=TRAIL[:3],
    actions=(
        _action("ask"),
        _action("waitlist"),
        _action("propose_redirect"),
        _action("accept"),
        _action("decline", needs_reason=True, reasons=REASONS),
        _action("plan"),
        _action("complete"),
    ),
    sent_at=ago(days=1),
    client_words="Ik was twintig jaar meubelmaker. Mijn handen weten het nog. Ik wil rustig beginnen.",
    viewer_received=True,
    may_see_case=False,
    whys={**WHYS, "words": WHY_NOT},
)
OFFERS = (
    ServiceOffer(
        code="wmo",
        name="Begeleiding thuis",
        organisation="mw-de-kade",
        organisation_name=KADE,
        life_domains=("finances", "housing"),
        purpose="guidance",
    ),
    ServiceOffer(
        code="post",
        name="Hulp bij post en overzicht",
        organisation="mw-de-kade",
        organisation_name=KADE,
        life_domains=("finances", "instrumental_adl"),
        purpose="guidance",
    ),
    ServiceOffer(
        code="ggz",
        name="Kennismaking en behandeling",
        organisation="ggz-de-leij",
        organisation_name=LEIJ,
        life_domains=("mental_health",),
        purpose="treatment",
    ),
    ServiceOffer(
        code="groen",
        name="Oriëntatie groen",
        organisation="de-spoel",
        organisation_name=SPOEL,
        life_domains=("work_education", "daytime_activities"),
        purpose="placement",
        reply_days=5,
        shares=tuple(field for field in SharedField if field is not SharedField.BSN),
    ),
)


def work(name: str, reason: str, urgency: str, referral: ReferralLine | None = None) -> WorkLine:
    return WorkLine(
        case_id="karin" if name.startswith("Karin") else f"c-{name.split(maxsplit=1)[0].lower()}",
        referral=referral,
        client_name=name,
        reason=reason,
        urgency=urgency,
    )


WORK = {
    "p-marloes": (
        work("Hatice Yıldız", "overdue", "late", replace(GGZ, overdue=True, due_at=ago(days=1), audience=None)),
        work("Karin Smulders", "answer", "today", GREEN),
        work(
            "Jan van den Hout",
            "find_alternative",
            "today",
            line(4790, "Begeleiding thuis", KADE, "declined", due_at=ago(hours=-3)),
        ),
        work(
            "Wiesława Kowalczyk",
            "waiting",
            "week",
            line(4800, "Oriëntatie groen", SPOEL, "received", due_at=ago(days=-4)),
        ),
        work(
            "Mo Benali",
            "waiting",
            "week",
            line(4801, "Hulp bij post en overzicht", KADE, "received", due_at=ago(days=-4)),
        ),
        *(
            work(name, "running", "running")
            for name in ("Ahmet Şahin", "Bernadette Willems", "Carlos Mendes", "Daniëlle Huijbregts")
        ),
    ),
    "p-tom": (
        work("Petra Verbeek", "decide", "late", replace(WOOD, id="r-1", overdue=True, due_at=ago(days=1))),
        work("Abdelkader Mansouri", "decide", "today", WOOD),
        work("Luuk Derksen", "open", "week", replace(WOOD, id="r-2", title="Oriëntatie groen", due_at=ago(days=-4))),
        work("Karin Smulders", "waiting", "other", GREEN),
        work("Sjaak Pijnenburg", "running", "running", line(4700, "Oriëntatie groen", SPOEL, "started")),
    ),
}
PAST = {"p-tom": (work("Ria Smits", "waiting", "running", line(4690, "Oriëntatie groen", SPOEL, "completed")),)}
ROOM = tuple(
    OwnRoom(
        service=Service(
            code=code,
            organisation="de-spoel",
            name=name,
            purpose=Purpose.PLACEMENT,
            life_domains=(LifeDomain.WORK_EDUCATION,),
        ),
        said=ServiceRoom(service=code, places=places, waiting_days=days, changed_at=changed, changed_by="Tom van Riel"),
    )
    for code, name, places, days, changed in (
        ("groen", "Oriëntatie groen", 3, None, ago(days=3)),
        ("textiel", "Textiel", 0, 30, ago(days=20)),
    )
)
MONITOR = MonitorView(
    delivered_today=412,
    waiting=11,
    oldest_at=ago(hours=2, minutes=28),
    lines=(
        MonitorLine(
            id="in-1",
            kind="quarantined",
            message_kind=None,
            organisation_name=LEIJ,
            reference="MSG-4702",
            since=ago(hours=20),
            reason="malformed",
            field="Bundle.entry[2].resource.period",
            detail="End lies before start.",
        ),
        MonitorLine(
            id="out-7",
            kind="stuck",
            message_kind="nl.schakel.referrals.accepted",
            organisation_name=SPOEL,
            reference="S-11544",
            since=ago(days=4),
            reason="refused",
            attempts=1,
        ),
        MonitorLine(
            id="out-9",
            kind="stuck",
            message_kind="nl.schakel.referrals.sent",
            organisation_name=KADE,
            reference="V-4831",
            since=ago(hours=2),
            reason="unreachable",
            attempts=30,
            next_at=ago(minutes=-2),
            needs_person=False,
        ),
        MonitorLine(
            id="out-10",
            kind="stuck",
            message_kind="nl.schakel.referrals.sent",
            organisation_name=KADE,
            reference="V-4836",
            since=ago(hours=1),
            reason="timeout",
            attempts=24,
            next_at=ago(minutes=-5),
            needs_person=False,
        ),
    ),
    connections=(
        ConnectionLine(
            organisation_name=KADE,
            connector="social_work",
            state="down",
            waiting=7,
            oldest_at=ago(hours=2, minutes=28),
            last_ok_at=ago(hours=3),
        ),
        ConnectionLine(
            organisation_name=LEIJ,
            connector="mental_health",
            state="slow",
            waiting=3,
            oldest_at=ago(minutes=1),
            last_ok_at=ago(minutes=1),
        ),
        ConnectionLine(
            organisation_name=SPOEL, connector="reintegration", state="works", waiting=0, last_ok_at=ago(minutes=1)
        ),
        ConnectionLine(organisation_name="Toegangsteam Broekhoven", connector=None, state="idle", waiting=0),
    ),
)


def session_of(viewer: Viewer) -> SignedIn:
    return SignedIn(
        id=f"session-{viewer.id}",
        person_id=viewer.id,
        post_id=viewer.id,
        stage=Stage.FULL,
        viewer=viewer,
        second_factor=False,
        how="password",
        created_at=NOW,
        ends_at=NOW + dt.timedelta(hours=10),
        stale=False,
    )


class Remembering:
    """Services that serve what is above and remember what was asked of them."""

    def __init__(self) -> None:
        self.cases = {
            ("p-marloes", "karin"): KARIN,
            ("p-peter", "karin"): KARIN_FOR_PETER,
            ("p-marloes", "leeg"): EMPTY,
        }
        self.referrals = {
            ("p-marloes", "r-4817"): ASKED,
            ("p-marloes", "r-4831"): NOT_ARRIVED,
            ("p-tom", "r-4822"): DECIDE,
        }
        self.work = dict(WORK)
        self.ended: set[str] = set()
        self.sent: dict[str, NewReferral] = {}
        self.events: list[tuple[str, NewEvent]] = []
        self.handled: list[tuple[str, str, str]] = []
        self.refusal: EventRefused | None = None
        self.problems: tuple[FieldError, ...] = ()
        self.running_already: tuple[Running, ...] = ()
        self.stopped = False

    def sign_in(self, username: str, password: str, address: str, device: str) -> Entered | Refused:
        viewer = PEOPLE.get(username) if password == PASSWORD else None
        if viewer is None:
            return Refused()
        token = f"token-{viewer.id}"
        self.ended.discard(token)
        return Entered(token=token, session=session_of(viewer))

    def signed_in(self, token: str) -> SignedIn | None:
        if token in self.ended:
            return None
        return next((session_of(one) for one in PEOPLE.values() if token == f"token-{one.id}"), None)

    def sign_out(self, token: str) -> None:
        self.ended.add(token)

    def worklist(self, viewer: Viewer) -> tuple[WorkLine, ...]:
        return self.work.get(viewer.id, ())

    def worklist_mark(self, viewer: Viewer) -> str:
        return f"mark-{hash(self.worklist(viewer))}"

    def past_work(self, viewer: Viewer) -> tuple[WorkLine, ...]:
        return PAST.get(viewer.id, ())

    def sent_work(self, viewer: Viewer) -> None:
        return None

    def own_room(self, viewer: Viewer) -> tuple[OwnRoom, ...]:
        return ROOM if viewer.organisation == "de-spoel" else ()

    def case(self, viewer: Viewer, case_id: str, window: Window = NEWEST) -> CaseView | None:
        return self.cases.get((viewer.id, case_id))

    def waiting_count(self, viewer: Viewer) -> int:
        return 0

    def waiting(self, viewer: Viewer) -> tuple[AlertView, ...]:
        return ()

    def opened(self, viewer: Viewer, view: ReferralView) -> None:
        pass

    def read_all(self, viewer: Viewer) -> None:
        pass

    def visit(self, viewer: Viewer, view: CaseView, *, looked: bool) -> None:
        return None

    def referral(self, viewer: Viewer, referral_id: str) -> ReferralView | None:
        return self.referrals.get((viewer.id, referral_id))

    def services_on_offer(self, viewer: Viewer, area: str | None = None) -> tuple[ServiceOffer, ...]:
        return OFFERS

    def running(self, viewer: Viewer, view: CaseView) -> tuple[Running, ...]:
        return self.running_already

    def preview(self, viewer: Viewer, new: NewReferral) -> tuple[tuple[str, str], ...]:
        person = Client(family_name="Smulders", given_name="Karin", bsn="999990019")
        content = MessageData(client=person, reason=new.reason, strengths=new.strengths, ground=new.ground)
        return fields_of(only(new.share, content))

    def consents(self, viewer: Viewer, case_id: str) -> None:
        return None

    def register_consent(self, viewer: Viewer, case_id: str, new: object) -> None:
        raise AssertionError("the made-up hub keeps no consent")

    def organisations(self, viewer: Viewer) -> tuple[tuple[str, str], ...]:
        return ()

    def send_referrals(self, viewer: Viewer, wanted: tuple[NewReferral, ...], key: str) -> str | tuple[FieldError, ...]:
        if self.problems:
            return self.problems
        self.sent.setdefault(key, wanted[0])
        return "r-4817"

    def record_event(self, viewer: Viewer, referral_id: str, new: NewEvent) -> EventRefused | None:
        if self.refusal is None:
            self.events.append((referral_id, new))
        return self.refusal

    def monitor(self, viewer: Viewer) -> MonitorView | None:
        return MONITOR if viewer is BAS else None

    def handle_quarantined(self, viewer: Viewer, line_id: str, action: str, reason: str) -> bool:
        self.handled.append((line_id, action, reason))
        return True

    def differences(self, viewer: Viewer) -> DifferencesView | None:
        return DifferencesView(lines=(), told=()) if viewer is BAS else None

    def repair_difference(self, viewer: Viewer, difference_id: str, how: str, reason: str) -> FieldError | None:
        return None

    def traffic_stopped(self) -> bool:
        return self.stopped


def make_app(services: Remembering) -> Flask:
    app = Flask("schakel", static_folder=None)
    app.secret_key = "only-for-tests-0123456789abcdef01"
    register_pages(app, services)
    app.wsgi_app = FrontDoor(app.wsgi_app, Origins(), tls=False)  # type: ignore[method-assign]
    return app
