"""Two worlds that differ only in help from mental health care look the same to who decides about benefits or places.

In one of them the same clients also have referrals to and from GGZ, between the others. Everything that the income
consultant and the job coach can reach is then compared, letter by letter; only what is drawn by lot (ids, numbers,
one-time words) is replaced by the order in which it appears.
"""

import datetime as dt
import random
import re
from collections.abc import Iterator
from contextlib import closing
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time
from sqlalchemy import select, update

from hub.models import Case, Referral
from hub.rules.visits import Read
from hub.services.cases import documents, items, meetings
from hub.services.record import visits
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.items import NewItem
from schemas.vocabulary import ItemKind, LifeDomain, Purpose
from tests import personas
from tests.integration.callers import GGZ, KADE, SPOEL, TEAM, WI, Site, mark_of, new_bsn
from tests.integration.conftest import add_viewer, open_test_hub
from tests.integration.reach import Onlooker, calls_of, messages_of, pages_of, signed_in, unhurried
from tests.personas import ILSE, MARLOES, PETER, TOM

CLIENTS, WRITTEN = 8, 2  # so many clients, and of so many of them people write things down
WORK, HEALTH = (LifeDomain.WORK_EDUCATION,), (LifeDomain.MENTAL_HEALTH,)
NAMED = {"text": f"@{PETER.name} en @{TOM.name}, kijkt u mee?"}
ELS = personas.person("els", "Els van Loon", TEAM, "Toegangsteam Centrum", "team_coordinator", Purpose.TRIAGE)
_BY_LOT = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # ids
    r"|V-\d{4}-\d+|\b[A-Z2-7]{12}\b"  # numbers of referrals, references of messages
    r'|(?<=name="csrf_token" value=")[^"]+|(?<=nonce[=-]["\'])[^"\']+|(?<=nonce-)[^\'" ]+'
    r'|(?<="number": )\d+|(?<="referral_number": )\d+|(?<="next": ")\d+|(?<="cursor": ")\d+'
    r"|(?<=&#34;referral_number&#34;: )\d+"
    r"|(?<=Set-Cookie: )[^\n]+|(?<=name=\"sleutel\" value=\")[^\"]+"
    r'|(?<=data-mark=")[0-9a-f]+'  # a hash of what a list shows, ids and numbers included
)
# What is done for help outside health, in both worlds; and what GGZ has to do with, in one of them.
_OPEN = ((WI, KADE, "social_network"), (WI, SPOEL, "work_education"), (TEAM, KADE, "housing"), (WI, TEAM, "finances"))
_HIDDEN = ((KADE, GGZ, "mental_health"), (WI, GGZ, "mental_health"), (GGZ, KADE, "substance_use"))
_ANSWERS = (("receive", {}), ("accept", {}), ("ask", {"note": "Wat is al geprobeerd?"}), ("start", {}))


class Written:
    """What people write down of one client, each by the service that keeps it."""

    def __init__(self, hub: Hub, case_id: str) -> None:
        self.hub, self.case_id = hub, case_id

    def in_the_open(self, meeting: str, for_whom: tuple[str, ...]) -> list[str]:
        """Write what the job coach sees; ``for_whom`` a remark is meant for. Give the ids of what has a page."""
        goal = self._item(MARLOES, ItemKind.GOAL, WORK, content={"title": "Weer een dag met iets erin."})
        self._item(MARLOES, ItemKind.STEP, WORK, content={"text": "Meelopen"}, parent_id=goal, holder=SPOEL)
        said = self._item(MARLOES, ItemKind.REMARK, (), content=NAMED, about="case", audience=for_whom)
        self._item(TOM, ItemKind.REMARK, (), content={"text": "Ja."}, parent_id=said, like_parent=True)
        at = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
        visit = self._item(MARLOES, ItemKind.APPOINTMENT, WORK, content={"what": "Koffie"}, at=at)
        return [self._topic(MARLOES, meeting, WORK), self._document(TOM, WORK), visit]

    def behind_the_wall(self, meeting: str) -> None:
        """Write one of each kind in mental health care, and of it: named, meant for, invited and to do for all."""
        self._item(MARLOES, ItemKind.REMARK, (), content=NAMED, about="case", audience=(GGZ,))
        for who in (ILSE, MARLOES):
            goal = self._item(who, ItemKind.GOAL, HEALTH, content={"title": "Weer slapen."})
            todo = {"content": {"text": "Wulp."}, "holder": SPOEL, "holder_id": TOM.id, "due_on": dt.date(2026, 11, 20)}
            self._item(who, ItemKind.STEP, HEALTH, parent_id=goal, **todo)
            self._item(who, ItemKind.AGREEMENT, HEALTH, **todo)
            said = self._item(who, ItemKind.REMARK, HEALTH, content=NAMED)
            self._item(who, ItemKind.REMARK, HEALTH, content=NAMED, parent_id=said)
            self._item(who, ItemKind.SCORE, HEALTH, content={"score": 1})
            self._item(who, ItemKind.CONTACT, HEALTH, content={"how": "phone", "text": "Wulp."})
            at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=3)
            self._item(who, ItemKind.APPOINTMENT, HEALTH, content={"what": "Wulp."}, at=at)
            self._item(who, ItemKind.NOTE, (), content=NAMED)
            self._document(who, HEALTH)
            for agreed in (True, False):
                topic = self._topic(who, meeting, HEALTH, agreed=agreed)
                for kind in (ItemKind.MINUTE, ItemKind.AGREEMENT, ItemKind.DECISION):
                    self._item(who, kind, HEALTH, content=NAMED, parent_id=topic, meeting_id=meeting)
        with self.hub.store.writing() as work:
            seen = {"began": 1, "seen": 1, "seen_at": work.now}
            visits.keep(work, ILSE, self.case_id, Read(position=1, at=work.now, **seen))

    def _item(self, who: Viewer, kind: ItemKind, domains: tuple[LifeDomain, ...], **given: Any) -> str:
        with self.hub.store.writing() as work:
            new = NewItem(kind=kind, life_domains=domains, **given)
            return items.add(work, self.hub.config, who, self.case_id, new).id

    def _document(self, who: Viewer, domains: tuple[LifeDomain, ...]) -> str:
        brought = documents.Brought(name="brief.txt", body=b"Beste Karin,", life_domains=domains)
        with self.hub.store.writing() as work:
            return documents.add(work, self.hub.config, who, self.case_id, brought).id

    def _topic(self, who: Viewer, meeting: str, domains: tuple[LifeDomain, ...], *, agreed: bool = True) -> str:
        asked = {"question": "Wie helpt?", "why": "Zij vraagt erom.", "domains": domains, "agreed": agreed}
        with self.hub.store.writing() as work:
            topic = meetings.bring_in(work, self.hub.config, who, self.case_id, meeting, **asked).id
            meetings.invite(work, self.hub.config, ELS, topic, TOM.id)
            return topic


class World:
    """One installation in which time stands still but for what is told it."""

    def __init__(self, folder: Path, people: list[dict[str, Any]], *, health: bool) -> None:
        self.hub = unhurried(open_test_hub(f"sqlite:///{folder}/hub.db", f"embedded:///{folder}/broker.db"))
        self.site, self.health = Site(self.hub), health
        self.cases: list[str] = []
        self.open: list[str] = []
        self.hidden: list[str] = []
        for person in people:
            sent = self._send(person, WI, SPOEL, "work_education", self.open)
            self.cases.append(sent["case_id"])
        self.items: list[str] = []
        with self.hub.store.writing() as work:
            work.session.execute(update(Case).values(regisseur_id=MARLOES.id))
            add_viewer(work, ELS)
            at = work.now + dt.timedelta(days=1)
            # Of each meeting one reads at what time one is awaited: what is hidden has a meeting of its own.
            self.meeting, self.other = (meetings.plan(work, self.hub.config, ELS, at, 60, None).id for _ in "ab")

    def _send(self, person: dict[str, Any], sender: str, to: str, domain: str, kept: list[str]) -> dict[str, Any]:
        basis = {"basis": "consent", "purpose": "guidance", "evidence": "gesprek"}
        answer = self.site.send(sender, client=person, to=to, life_domains=[domain], ground=basis)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        kept.append(answer.json["id"])
        return dict(answer.json)

    def live(self, people: list[dict[str, Any]], seed: int, clock: Any) -> None:
        """Let things happen; what is by chance is the same in each world."""
        chance = random.Random(seed)
        for number, person in enumerate(people):
            if number < WRITTEN:
                self._write_down(person, number)
            for _ in range(4):
                clock.tick(dt.timedelta(seconds=1))
                sender, to, domain = chance.choice(_OPEN)
                event, more = chance.choice(_ANSWERS)
                hidden, answer, when = chance.choice(_HIDDEN), chance.choice(_ANSWERS), chance.random()
                if self.health and when < 0.5:
                    self._behind_the_wall(person, hidden, answer)
                sent = self._send(person, sender, to, domain, self.open)
                self.site.event(sent["id"], event, to, **more)
                if self.health and when >= 0.5:
                    self._behind_the_wall(person, hidden, answer)
            self._hear(self.cases[number])

    def _hear(self, case_id: str) -> None:
        """Let open pages hear of a case, as they do of whatever happens in it."""
        live = self.site.web.live
        live.push(case_id)
        live.lists.look({case_id})
        live.bells.look({PETER.id, TOM.id})

    def _write_down(self, person: dict[str, Any], number: int) -> None:
        """Let people write things down: some that the job coach sees, and in one world much that he may not know of."""
        case_id = self.cases[number]
        for event in ("receive", "accept"):
            answer = self.site.event(self.open[number], event, SPOEL)
            assert answer.status_code == 200, answer.get_data(as_text=True)
        written = Written(self.hub, case_id)
        if self.health:
            for way in ((WI, GGZ, "mental_health"), (GGZ, KADE, "substance_use")):
                self._behind_the_wall(person, way, ("receive", {}), ("accept", {}))
            written.behind_the_wall(self.other)
            self._hear(case_id)
        for_whom = (SPOEL, GGZ) if self.health else (SPOEL,)
        self.items += written.in_the_open(self.meeting, for_whom)
        if self.health:
            written.behind_the_wall(self.other)
        self._hear(case_id)

    def _behind_the_wall(self, person: dict[str, Any], way: tuple[str, str, str], *answers: tuple[str, Any]) -> None:
        sent = self._send(person, *way, self.hidden)
        for event, more in answers:
            self.site.event(sent["id"], event, way[1], **more)

    def ids(self) -> dict[str, list[str]]:
        """Give what may be filled in addresses: of what is hidden nothing, for nobody who may not know can ask it."""
        nowhere = "00000000-0000-4000-8000-000000000000"
        return {
            "case_id": [*self.cases, nowhere],
            "referral_id": [*self.open, nowhere],
            "intake_id": [nowhere],
            "meeting_id": [self.meeting, self.other, nowhere],
            "item_id": [*self.items[:3], nowhere],
            "name": ["message", "social_work"],
            "file": ["README.md"],
            "person_id": ["tom", "marloes"],
            "organisation_code": [WI, SPOEL],
            "referral_id message_id": messages_of(self.hub, self.open),
            "form": ["canoniek", "vertaald"],
        }


def plain(text: str) -> str:
    """Replace what is drawn by lot by its order of appearance."""
    seen: dict[str, str] = {}
    return _BY_LOT.sub(lambda found: seen.setdefault(found.group(), f"<{len(seen)}>"), text)


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Give two worlds with the same people and the same events, but for the help from GGZ in the second."""
    people = [
        {"bsn": new_bsn(), "family_name": f"Tweeling{number}", "birth_date": "1980-05-17"} for number in range(CLIENTS)
    ]
    made = []
    for health in (False, True):
        folder = tmp_path / str(health)
        folder.mkdir()
        with freeze_time("2026-11-23 09:00:00") as clock:
            world = World(folder, people, health=health)
            for one in (PETER, TOM):
                watching = Onlooker(world.site.web, one.id)
                watching.watch(world.cases)
                watching.stand_by()
                setattr(world, one.id, watching)
            world.live(people, 20261123, clock)
        made.append(world)
    with closing(made[0].hub), closing(made[1].hub):
        yield made[0], made[1]


def searches(world: World, username: str) -> list[str]:
    """Give what somebody finds by names, by what GGZ is called, and by the numbers of referrals, hidden ones too."""
    http = signed_in(world.site.web, username)
    with world.hub.store.reading() as session:
        numbers = dict(session.execute(select(Referral.id, Referral.number)).all())
    by_number = [f"V-2026-{numbers[one]}" for one in world.open[:4]]
    hidden = [f"V-2026-{numbers[one]}" for one in world.hidden[:4]] or ["V-2026-0"]
    questions = ["Tweeling7", "Tweeling12 17-5-1980", "GGZ De Leij", "De Kade", "wulp", *by_number, *hidden]
    mark = mark_of(http, "/account")

    def ask(question: str) -> str:
        form = {"vraag": question, "csrf_token": mark}
        return http.post("/zoeken", data=form, headers={"X-Fragment": "1"}).text.replace(question, "?")

    answers = [ask(one) for one in questions]
    shown = len(questions) - len(hidden)
    return [*answers[:shown], *sorted(set(answers[shown:]))]


def everything(world: World) -> dict[str, str]:
    """Give all that the two of them, and the job coach's system, can reach."""
    found: dict[str, str] = {}
    with freeze_time("2026-11-23 11:00:00"):
        world.site._tokens.clear()
        for one in (PETER, TOM):
            watching: Onlooker = getattr(world, one.id)
            watching.listen()
            found |= {f"push {number} to {one.id}": text for number, text in enumerate(watching.got)}
            pages = pages_of(world.site.web, one.id, world.ids())
            found |= {f"{number} {plain(path)} as {one.id}": pages[path] for number, path in enumerate(pages)}
            found |= {f"search {number} as {one.id}": text for number, text in enumerate(searches(world, one.id))}
        calls = calls_of(world.site, SPOEL, world.ids())
        calls.pop("/keys")  # which organisations sign at all is public, and of no client
        found |= {f"{number} {plain(path)} as {SPOEL}": calls[path] for number, path in enumerate(calls)}
    return {name: plain(text) for name, text in found.items()}


def test_with_and_without_help_from_mental_health_care_each_letter_is_the_same(worlds: tuple[World, World]) -> None:
    without, with_help = worlds
    assert len(with_help.hidden) > CLIENTS, "nothing is hidden in the second world: this would prove nothing"
    one, other = everything(without), everything(with_help)
    assert len(one) > 10 * CLIENTS
    assert sorted(one) == sorted(other)
    differ = [name for name in one if one[name] != other[name]]
    assert differ == [], "\n".join(unified_diff(one[differ[0]].splitlines(), other[differ[0]].splitlines(), n=0))
