"""Searching: who finds whom, what an index of hashes keeps, and that no answer tells of what may not be seen."""

import re
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from hub.models import Case, SearchWord
from hub.rules.searching import read
from hub.services.cases import items
from hub.services.overview.search import MOST, Found, search
from hub.services.record.search_words import rebuild
from hub.services.referrals import referrals, sending
from hub.services.rights import corrections
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.items import ItemChange, NewItem
from schemas.message import Client
from schemas.referral import NewEvent
from schemas.vocabulary import Event, ItemKind, ItemState, LifeDomain, SharedField
from tests.builders import client, new_referral
from tests.integration.callers import (
    GGZ,
    KADE,
    SPOEL,
    Site,
    holding,
    listening,
    looking_at,
    mark_of,
    new_bsn,
    now,
    plain_columns,
    sign_in_as,
)
from tests.integration.municipalities import BREDA, TILBURG, hub_of, in_municipality, settle
from tests.integration.test_erasure import erase
from tests.personas import BAS, ILSE, MARLOES, NAIMA, PETER, TOM
from workers.search import write_index

FAMILY, GIVEN, BORN = "Zwaluwenburg", "Şerife", "1974-03-08"


def known(**changes: Any) -> Client:
    """Give somebody with a name that nobody else has."""
    given = {"bsn": new_bsn(), "family_name": FAMILY, "given_name": GIVEN, "prefix": "van der", "birth_date": BORN}
    return client(**{**given, **changes})


def refer(hub: Hub, whom: Client, to: str = KADE, *events: Event, by: Viewer = MARLOES, **changes: Any) -> Any:
    """Send a referral about someone, and let the receiver take steps."""
    domains = {GGZ: LifeDomain.MENTAL_HEALTH, SPOEL: LifeDomain.WORK_EDUCATION}
    domain = domains.get(to, LifeDomain.SOCIAL_NETWORK)
    new = new_referral(client=whom, to=to, life_domains=(domain,), **changes)
    with hub.store.writing() as work:
        sent = sending.send_referral(work, hub.config, by, new)
    for one in events:
        with hub.store.writing() as work:
            receiver = {KADE: NAIMA, GGZ: ILSE, SPOEL: TOM}[to]
            loaded = referrals.load_for_change(work, sent.id)
            referrals.record_event(work, hub.config, receiver, loaded, NewEvent(event=one))
    return sent


def directed_by(hub: Hub, viewer: Viewer, *case_ids: str) -> None:
    with hub.store.writing() as work:
        work.execute(update(Case).where(Case.id.in_(case_ids)).values(regisseur_id=viewer.id))


def find(hub: Hub, viewer: Viewer, question: str) -> Found:
    with looking_at(hub) as session:
        return search(session, hub.config, viewer, read(question), now())


def names(found: Found) -> list[str]:
    return [one.name for one in found.clients]


def numbers(found: Found) -> list[str]:
    return [one.line.number for one in found.referrals]


@pytest.fixture
def page(database_hub: Hub) -> Callable[[Viewer], FlaskClient]:
    """Give a function that gives someone's browser."""
    site = Site(database_hub)

    def of(viewer: Viewer) -> FlaskClient:
        http = site.web.app.test_client()
        sign_in_as(database_hub, http, viewer.id)
        return http

    return of


def ask(http: FlaskClient, question: str, **headers: str) -> str:
    form = {"vraag": question, "csrf_token": mark_of(http, "/zoeken")}
    answer = http.post("/zoeken", data=form, headers={name.replace("_", "-"): said for name, said in headers.items()})
    assert answer.status_code == 200
    return answer.text


def test_a_regisseur_finds_the_own_clients_by_name_birth_date_and_bsn_and_nobody_elses(database_hub: Hub) -> None:
    hub, whom = database_hub, known()
    case_id, others = refer(hub, whom).case_id, refer(hub, known()).case_id
    directed_by(hub, MARLOES, case_id)
    for question in ("zwaluw", "ZWALUWENBURG", "serife zwal", "Ş. van der Zwaluwenburg", "serife 8-3-1974", whom.bsn):
        found = find(hub, MARLOES, str(question))
        assert [one.case_id for one in found.clients] == [case_id], question
        assert names(found) == [f"{GIVEN} van der {FAMILY}"]
    for question in ("zw", "waluwenburg", "zwaluwenburg 9-3-1974", "8-3-1974", "karin zwaluwenburg", new_bsn(), "de"):
        assert find(hub, MARLOES, question).total == 0, question
    assert others != case_id


def test_a_partner_finds_by_name_only_who_was_accepted_and_by_nothing_that_was_not_shared(database_hub: Hub) -> None:
    hub, whom = database_hub, known()
    share = tuple(field for field in SharedField if field is not SharedField.GIVEN_NAME)
    sent = refer(hub, whom, share=share)
    number = f"V-{sent.created_at.year}-{sent.number}"
    assert find(hub, NAIMA, FAMILY).total == 0
    announced = find(hub, NAIMA, number)
    assert numbers(announced) == [number]
    assert [one.client_name for one in announced.referrals] == [""]
    for step in (Event.RECEIVE, Event.ACCEPT):
        with hub.store.writing() as work:
            loaded = referrals.load_for_change(work, sent.id)
            referrals.record_event(work, hub.config, NAIMA, loaded, NewEvent(event=step))
    found = find(hub, NAIMA, FAMILY)
    assert [one.case_id for one in found.clients] == [sent.case_id]
    assert numbers(found) == [number]
    assert find(hub, NAIMA, GIVEN).total == 0, "the given name was not shared"
    assert find(hub, NAIMA, f"{number[:7]}{sent.number + 1}").total == 0


def test_an_income_consultant_finds_who_has_to_do_with_work_and_income_and_no_treatment(database_hub: Hub) -> None:
    hub, ours, theirs = database_hub, known(), known()
    case_id = refer(hub, ours, SPOEL).case_id
    hidden = refer(hub, ours, GGZ, Event.RECEIVE, Event.ACCEPT)
    refer(hub, theirs, GGZ, by=NAIMA)
    found = find(hub, PETER, FAMILY)
    assert [one.case_id for one in found.clients] == [case_id]
    assert find(hub, PETER, f"V-{hidden.created_at.year}-{hidden.number}").total == 0
    assert find(hub, PETER, "GGZ").total == 0
    assert find(hub, BAS, FAMILY).total == 0


@contextmanager
def counted(hub: Hub) -> Any:
    """Count the questions to the database; the log of access left out, which holds what was shown."""
    asked: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "audit_" not in statement:
            asked.append(statement)

    event.listen(hub.store.engine, "before_cursor_execute", keep)
    try:
        yield asked
    finally:
        event.remove(hub.store.engine, "before_cursor_execute", keep)


FRESH = re.compile(r'csrf_token" value="[^"]+"|nonce="[^"]+"|data-now="[^"]+"')


def test_a_name_that_exists_and_one_that_does_not_are_answered_alike_with_as_many_questions(
    database_hub: Hub, page: Callable[[Viewer], FlaskClient]
) -> None:
    hub, whom = database_hub, known()
    sent = refer(hub, whom, KADE)  # announced to De Kade, and of nobody's else
    nobody = "Wulpenkamp"
    number = f"V-{sent.created_at.year}-{sent.number}"
    pairs = {
        NAIMA: ((FAMILY, nobody), (str(whom.bsn), new_bsn())),
        **dict.fromkeys((MARLOES, ILSE, TOM, BAS), ((FAMILY, nobody), (str(whom.bsn), new_bsn()))),
    }
    pairs |= {one: (*pairs[one], (number, f"{number[:7]}{sent.number + 1}")) for one in (ILSE, TOM, BAS)}
    for viewer, questions in pairs.items():
        http = page(viewer)
        for there, absent in questions:
            answers, costs = [], []
            for question in (there, absent):
                text = FRESH.sub("", ask(http, question, X_Fragment="1"))
                with counted(hub) as asked:
                    find(hub, viewer, question)
                answers.append(text.replace(question, "?"))
                costs.append(len(asked))
            assert answers[0] == answers[1], (viewer.id, there)
            assert costs[0] == costs[1], (viewer.id, there)
            assert viewer is BAS or costs[0] > 0


def test_what_may_not_be_seen_takes_no_place_among_the_first(database_hub: Hub) -> None:
    hub = database_hub
    mine = [refer(hub, known(), KADE, Event.RECEIVE, Event.ACCEPT).case_id for _ in range(3)]
    for _ in range(MOST + 5):
        refer(hub, known(), KADE)  # later, and only announced
    found = find(hub, NAIMA, FAMILY)
    assert {one.case_id for one in found.clients} == set(mine)
    assert not found.more
    with hub.store.reading() as session:
        everyone = session.scalars(select(Case.id)).all()
    directed_by(hub, MARLOES, *everyone)
    many = find(hub, MARLOES, FAMILY)
    assert (len(many.clients), len(many.referrals), many.more) == (MOST, MOST, {"clients", "referrals"})


def write(hub: Hub, who: Viewer, case_id: str, text: str, **given: Any) -> Any:
    """Write a remark in a case."""
    with hub.store.writing() as work:
        return items.add(work, hub.config, who, case_id, NewItem(kind=ItemKind.REMARK, content={"text": text}, **given))


def texts(found: Found) -> list[str]:
    return [one.text for one in found.items]


def test_what_was_written_is_found_by_its_whole_words_by_whom_it_was_meant_for_and_no_more_once_it_is_gone(
    database_hub: Hub,
) -> None:
    hub = database_hub
    case_id = refer(hub, known(), KADE, Event.RECEIVE, Event.ACCEPT).case_id
    directed_by(hub, MARLOES, case_id)
    open_to_all = write(hub, MARLOES, case_id, "De sleutel ligt bij de buurvrouw.")
    among_us = write(hub, MARLOES, case_id, "Sleutel van het fietsenhok is kwijt.", audience=())
    assert texts(find(hub, MARLOES, "sleutel")) == [among_us.content["text"], open_to_all.content["text"]]
    assert texts(find(hub, MARLOES, "sleutel zwaluwenburg buurvrouw")) == [open_to_all.content["text"]]
    assert texts(find(hub, NAIMA, "SLEUTEL")) == [open_to_all.content["text"]]
    for who, question in ((MARLOES, "sleu"), (TOM, "sleutel"), (PETER, "sleutel"), (ILSE, "sleutel"), (BAS, "sleutel")):
        assert texts(find(hub, who, question)) == [], (who.id, question)
    with hub.store.writing() as work:
        change = ItemChange(version=1, changes={"content": {"text": "De hamer ligt er nog."}})
        items.change(work, hub.config, MARLOES, among_us.id, change)
    with hub.store.writing() as work:
        items.settle(work, hub.config, MARLOES, open_to_all.id, ItemState.REMOVED, 1)
    assert texts(find(hub, MARLOES, "sleutel")) == []
    assert texts(find(hub, MARLOES, "hamer")) == ["De hamer ligt er nog."]
    before = words(hub)
    write_index(hub.store)
    assert words(hub) == before


def words(hub: Hub) -> set[tuple[str, str]]:
    with hub.store.reading() as session:
        return {(row.word, row.subject) for row in session.execute(select(SearchWord.word, SearchWord.subject))}


def test_a_correction_lets_the_old_name_find_nobody_and_a_rebuild_changes_nothing(database_hub: Hub) -> None:
    hub = database_hub
    case_id = refer(hub, known()).case_id
    directed_by(hub, MARLOES, case_id)
    with hub.store.writing() as work:
        wish = corrections.ask(
            work, hub.config, MARLOES, case_id, field="family_name", value="Ooievaar", why="verkeerd gespeld"
        )
        wish_id = wish.id
    with hub.store.writing() as work:
        corrections.correct(work, hub.config, MARLOES, wish_id)
    assert find(hub, MARLOES, FAMILY).total == 0
    assert names(find(hub, MARLOES, "ooievaar")) == [f"{GIVEN} van der Ooievaar"]
    before = words(hub)
    assert write_index(hub.store) == 1
    assert words(hub) == before


def test_a_database_from_before_the_index_gets_it_once(database_hub: Hub) -> None:
    hub = database_hub
    refer(hub, known())
    refer(hub, known())
    before = words(hub)
    with hub.store.writing() as work:
        work.session.execute(SearchWord.__table__.delete())  # type: ignore[attr-defined]
    assert write_index(hub.store, only_missing=True) == 2
    assert words(hub) == before
    assert write_index(hub.store, only_missing=True) == 0
    with hub.store.writing() as work:
        assert not rebuild(work, "not-there")


def test_an_erased_client_is_found_by_nobody_and_no_word_is_left(database_hub: Hub) -> None:
    hub = database_hub
    case_id, other = refer(hub, known()).case_id, refer(hub, known()).case_id
    directed_by(hub, MARLOES, case_id, other)
    assert erase(hub, case_id).state == "done"
    assert [one.case_id for one in find(hub, MARLOES, FAMILY).clients] == [other]
    assert {subject for _word, subject in words(hub)} == {other}


def test_no_name_or_number_that_is_searched_for_stands_in_a_log_a_column_or_an_address(
    database_hub: Hub, page: Callable[[Viewer], FlaskClient], tmp_path: Path
) -> None:
    hub, whom = database_hub, known()
    case_id = refer(hub, whom).case_id
    directed_by(hub, MARLOES, case_id)
    http = page(MARLOES)
    with listening() as lines:
        told = ask(http, f"{FAMILY} 8-3-1974")
        by_number = ask(http, str(whom.bsn))
    assert f'<mark class="nl-mark">{FAMILY}</mark>' in told
    assert case_id in told
    assert case_id in by_number
    assert str(whom.bsn) not in by_number, "it is not repeated on the screen"
    markers = (FAMILY, FAMILY.lower(), str(whom.bsn), BORN)
    assert not [line for line in lines.lines for one in markers if one in line]
    assert holding(plain_columns(hub), markers) == []
    assert http.get(f"/zoeken?vraag={FAMILY}").text.count(FAMILY) == 0, "an address is not read"


def test_every_hit_is_a_look_in_the_log_of_who_looked_and_so_is_a_search_in_vain(database_hub: Hub) -> None:
    from tests.integration.test_audit_log import records

    hub = database_hub
    directed_by(hub, MARLOES, refer(hub, known()).case_id)
    before = len(records(hub))
    find(hub, MARLOES, FAMILY)
    find(hub, MARLOES, "Wulpenkamp")
    left = records(hub)[before:]
    assert {one["deed"] for one in left} == {"search.view"}
    assert [one.get("detail") for one in left] == ["person", None, "nothing"]
    assert left[0]["subject"] == left[1]["subject"]
    assert "contact:full" in str(left[0]["shown"])


def test_who_searches_too_often_waits(database_hub: Hub, page: Callable[[Viewer], FlaskClient]) -> None:
    http = page(MARLOES)
    form = {"vraag": "iemand", "csrf_token": mark_of(http, "/zoeken")}
    rate = database_hub.settings.rates["search"]
    answers = [http.post("/zoeken", data=form).status_code for _ in range(rate.burst + 20)]
    assert answers[: rate.burst] == [200] * rate.burst
    assert answers[-1] == 429


@pytest.mark.postgresql
def test_of_two_municipalities_neither_finds_the_others_and_their_words_are_not_alike(
    database_url: str, tmp_path: Path
) -> None:
    hubs = {code: hub_of(code, database_url, tmp_path) for code in (TILBURG, BREDA)}
    cases = {}
    for code, hub in hubs.items():
        settle(hub)
        marloes = in_municipality(MARLOES, code)
        cases[code] = refer(hub, known(bsn="999990019"), by=marloes).case_id
        directed_by(hub, marloes, cases[code])
    for code, hub in hubs.items():
        found = find(hub, in_municipality(MARLOES, code), FAMILY)
        assert [one.case_id for one in found.clients] == [cases[code]]
    alike = {word for word, _ in words(hubs[TILBURG])} & {word for word, _ in words(hubs[BREDA])}
    assert alike == set()
    for hub in hubs.values():
        hub.close()
