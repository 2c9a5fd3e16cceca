"""The case discussion in the demo: what the Toegangsteam agreed last week, and who is on its next agenda."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import update

from hub.models import Case, CaseItem, Meeting
from hub.rules.working_days import AMSTERDAM
from hub.services.cases import items, meetings
from hub.services.cases.item_views import view_of
from hub.services.people.identity import person_viewer
from hub.services.record.case_keys import in_case
from hub.services.record.clients import find_case_of_bsn
from hub.services.referrals import referrals, sending
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from hub.wiring import Hub
from schemas.identifiers import derived_id
from schemas.items import NewItem
from schemas.message import Ground
from schemas.referral import NewEvent, NewReferral
from schemas.vocabulary import Basis, Event, ItemKind, ItemState, LifeDomain, Purpose, Urgency

_D = LifeDomain
_BEGINS, _TAKES = dt.time(9, 30), 90
_PLACE = "Wijkcentrum De Poorten en online"
_SINCE, _TO_COME = 6, 3  # how many days ago the last meeting was, and in how many the next one is


@dataclass(frozen=True, kw_only=True)
class _Question:
    """What is asked about a client: which one (Karin, or a number among the fifty), and who else sits there."""

    client: str
    question: str
    why: str
    domains: tuple[LifeDomain, ...]
    agreed: bool = True
    words: str | None = None
    guests: tuple[str, ...] = ()
    minutes: int = 15


@dataclass(frozen=True, kw_only=True)
class _Agreed:
    """What was agreed last time: who does it, in how many days from today, and whether it is done."""

    text: str
    who: str
    due: int
    done: bool = False


_LAST = _Question(
    client="karin",
    question="Wie helpt Karin om de post bij te houden als Naima er niet is?",
    why="De stapel is weg, en zij is bang dat die terugkomt.",
    domains=(_D.FINANCES,),
    guests=("naima",),
)
_NEXT = (
    _Question(
        client="karin",
        question="Wie gaat mee naar het eerste gesprek over een regeling, en wat is daarna de eerste kleine stap?",
        why="Karin wil niet drie keer hetzelfde vertellen.",
        domains=(_D.FINANCES, _D.HOUSING),
        guests=("naima", "tom"),
        minutes=20,
    ),
    _Question(
        client="3",
        question="Hoe zorgen we dat er één iemand is die belt?",
        why="Drie organisaties bellen nu langs elkaar heen.",
        domains=(_D.SOCIAL_NETWORK, _D.DAYTIME_ACTIVITIES),
        words="Eén iemand die belt. Dat is genoeg.",
        guests=("naima",),
    ),
    _Question(
        client="6",
        question="Vergeet rekeningen en kookt niet meer. Wat is de eerste kleine stap?",
        why="De buurvrouw maakt zich zorgen.",
        domains=(_D.FINANCES, _D.BASIC_ADL),
        agreed=False,
        guests=("naima",),
    ),
)
_AGREED = (
    _Agreed(text="Vragen of iemand van het buurthuis op dinsdag kan helpen met de post", who="els", due=-2, done=True),
    _Agreed(text="Samen met Karin uitzoeken welke brieven antwoord vragen", who="naima", due=-1),
    _Agreed(text="Vragen of de bank een vaste dag kan afspreken", who="els", due=1),
    _Agreed(text="Eén lijst maken met wie wat doet", who="marloes", due=4),
)
_SAID = (
    ("els", ItemKind.MINUTE, "Karin wil graag op een vaste dag samen de post doen, liefst op dinsdag."),
    ("naima", ItemKind.MINUTE, "In de vakantie van Naima kan een vrijwilliger van het buurthuis het overnemen."),
    ("els", ItemKind.DECISION, "Naima blijft degene die met Karin de post doet"),
)
_REFERRED = (("9", "Schulden, en misschien zijn huis kwijt", False), ("14", "Niet zelfredzaam, op meer gebieden", True))


class _Meetings:
    """Writes the meetings; ``today`` is the day on which the demo begins."""

    def __init__(self, hub: Hub, config: Configuration, karin: str, numbers: dict[str, str], today: dt.date) -> None:
        self._hub, self._config, self._today = hub, config, today
        self._karin, self._numbers = karin, numbers

    def write(self) -> None:
        """Write the last meeting with what came of it, the next one with its agenda, and what waits for the team."""
        last = dt.datetime.combine(self._today - dt.timedelta(days=_SINCE), _BEGINS, AMSTERDAM).astimezone(dt.UTC)
        coming = dt.datetime.combine(self._today + dt.timedelta(days=_TO_COME), _BEGINS, AMSTERDAM).astimezone(dt.UTC)
        with self._hub.store.writing(now=last - dt.timedelta(days=2)) as work:
            topic = self._bring_in(work, self._plan(work, last), _LAST).id
        for minute, deed in enumerate(self._discussion(topic), start=2):
            with self._hub.store.writing(now=last + dt.timedelta(minutes=minute)) as work:
                deed(work)
        with self._hub.store.writing() as work:
            meeting = self._plan(work, coming)
            for question in _NEXT:
                self._bring_in(work, meeting, question)
            for client, why, accepted in _REFERRED:
                self._refer(work, client, why, accepted=accepted)

    def _viewer(self, work: UnitOfWork, username: str) -> Viewer:
        found = person_viewer(work.session, self._config, derived_id("person", username))
        assert found is not None  # one of the demo's people
        return found

    def _plan(self, work: UnitOfWork, starts_at: dt.datetime) -> Meeting:
        return meetings.plan(work, self._config, self._viewer(work, "els"), starts_at, _TAKES, _PLACE)

    def _case(self, work: UnitOfWork, client: str) -> str:
        if client == "karin":
            return self._karin
        found = find_case_of_bsn(work, self._config.municipality.code, self._numbers[client])
        assert found is not None  # one of the fifty
        return found.id

    def _bring_in(self, work: UnitOfWork, meeting: Meeting, asked: _Question) -> CaseItem:
        case_id, marloes = self._case(work, asked.client), self._viewer(work, "marloes")
        if asked.words is not None:
            story = in_case(work, case_id, {"client_words": asked.words, "strengths": []})
            work.session.execute(
                update(Case).where(Case.id == case_id).values(story=story).execution_options(synchronize_session=False)
            )
        item = meetings.bring_in(
            work,
            self._config,
            marloes,
            case_id,
            meeting.id,
            question=asked.question,
            why=asked.why,
            domains=asked.domains,
            agreed=asked.agreed,
            minutes=asked.minutes,
        )
        for guest in asked.guests:
            meetings.invite(work, self._config, marloes, item.id, self._viewer(work, guest).id)
        return item

    def _discussion(self, topic_id: str) -> Iterator[Callable[[UnitOfWork], object]]:
        """Give what is said and agreed, one after another, until the question is answered."""
        for by, kind, text in _SAID:
            new = NewItem(kind=kind, content={"text": text})
            yield lambda work, by=by, new=new: self._write(work, topic_id, by, new)  # type: ignore[misc]
        for agreed in _AGREED:
            yield lambda work, agreed=agreed: self._agree(work, topic_id, agreed)  # type: ignore[misc]
        yield lambda work: self._settle(work, topic_id)

    def _write(self, work: UnitOfWork, topic_id: str, by: str, new: NewItem) -> CaseItem:
        viewer = self._viewer(work, by)
        row, who = items.load(work, self._config, viewer, topic_id)
        return items.add(work, self._config, viewer, row.case_id, meetings.at_this_table(new, view_of(who, row)))

    def _settle(self, work: UnitOfWork, item_id: str) -> None:
        els = self._viewer(work, "els")
        row, _who = items.load(work, self._config, els, item_id)
        items.settle(work, self._config, els, item_id, ItemState.DONE, row.version)

    def _agree(self, work: UnitOfWork, topic_id: str, agreed: _Agreed) -> None:
        doer = self._viewer(work, agreed.who)
        new = NewItem(
            kind=ItemKind.AGREEMENT,
            content={"text": agreed.text},
            holder=doer.organisation,
            holder_id=doer.id,
            due_on=self._today + dt.timedelta(days=agreed.due),
        )
        item = self._write(work, topic_id, "els", new)
        if agreed.done:
            self._settle(work, item.id)

    def _refer(self, work: UnitOfWork, client: str, why: str, *, accepted: bool) -> None:
        new = NewReferral(
            to="toegang-broekhoven",
            service="casusoverleg-broekhoven",
            case_id=self._case(work, client),
            life_domains=(_D.FINANCES, _D.HOUSING),
            reason=why,
            strengths=("Vraagt zelf om hulp",),
            urgency=Urgency.ROUTINE,
            ground=Ground(basis=Basis.CONSENT, purpose=Purpose.TRIAGE, evidence="Besproken aan de keukentafel."),
        )
        sent = sending.send_referral(work, self._config, self._viewer(work, "marloes"), new)
        for event in (Event.RECEIVE, Event.ACCEPT) if accepted else (Event.RECEIVE,):
            locked = referrals.load_for_change(work, sent.id)
            referrals.record_event(work, self._config, self._viewer(work, "els"), locked, NewEvent(event=event))


def write(hub: Hub, config: Configuration, karin: str, bsns: list[str], today: dt.date) -> None:
    """Write the meetings of the Toegangsteam; ``bsns`` are those of Marloes' other clients."""
    numbers = {str(place): bsn for place, bsn in enumerate(bsns)}
    _Meetings(hub, config, karin, numbers, today).write()
