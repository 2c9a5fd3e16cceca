"""A form whose answer was lost is sent again by the page: what it asked for is done once."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from hub.app import create_web
from hub.models import Case, CaseItem
from hub.services.record.case_keys import destroy
from hub.services.record.clients import find_or_open_case
from hub.wiring import Hub
from schemas.identifiers import new_id
from tests.builders import client
from tests.integration.callers import mark_of, sign_in_as
from tests.personas import MARLOES, TOM


@pytest.fixture
def case_id(database_hub: Hub) -> str:
    with database_hub.store.writing() as work:
        case = find_or_open_case(work, database_hub.config.municipality.code, client())
        work.session.execute(update(Case).where(Case.id == case.id).values(regisseur_id=MARLOES.id))
    return case.id


@pytest.fixture
def marloes(database_hub: Hub) -> FlaskClient:
    http = create_web(database_hub).app.test_client()
    sign_in_as(database_hub, http, MARLOES.id)
    return http


def sends(http: FlaskClient, path: str, **fields: object) -> TestResponse:
    return http.post(path, data={**fields, "csrf_token": mark_of(http, "/account")})


def texts(hub: Hub, case_id: str) -> list[tuple[str, str, int]]:
    with hub.store.reading() as session:
        rows = session.scalars(select(CaseItem).where(CaseItem.case_id == case_id).order_by(CaseItem.created_at))
        return [(row.content["text"], row.state, row.version) for row in rows if "text" in row.content]


def test_what_is_sent_twice_under_one_key_is_done_once_and_answered_alike(
    database_hub: Hub, marloes: FlaskClient, case_id: str
) -> None:
    way = f"/inwoners/{case_id}"
    remark = {"kind": "remark", "about": "case", "c_text": "Wie belt er?", "verder": f"{way}#gesprek"}
    for key, known in (("a" * 32, 1), ("a" * 32, 1), ("b" * 32, 2), ("", 3), ("", 4)):
        answer = sends(marloes, f"{way}/vastleggen", **remark, zending=key)
        assert (answer.status_code, answer.location) == (303, f"{way}#gesprek")
        assert len(texts(database_hub, case_id)) == known, f"after {key}"


def test_a_change_that_is_sent_again_meets_no_conflict_with_itself(
    database_hub: Hub, marloes: FlaskClient, case_id: str
) -> None:
    way = f"/inwoners/{case_id}"
    sends(marloes, f"{way}/vastleggen", kind="agreement", c_text="Marloes belt.")
    with database_hub.store.reading() as session:
        item = session.scalars(select(CaseItem.id).where(CaseItem.case_id == case_id)).one()
    settled = {"state": "done", "version": 1, "verder": way, "zending": "c" * 32}
    answers = [sends(marloes, f"{way}/onderdelen/{item}/stand", **settled) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert texts(database_hub, case_id) == [("Marloes belt.", "done", 2)]
    other = sends(marloes, f"{way}/onderdelen/{item}/stand", **{**settled, "zending": "d" * 32})
    assert other.status_code == 409, "somebody else's sending of the same version is told"


def test_of_a_case_that_was_erased_no_form_tells_that_it_was_there(database_hub: Hub, case_id: str) -> None:
    with database_hub.store.writing() as work:
        destroy(work, case_id)
    tom = create_web(database_hub).app.test_client()
    sign_in_as(database_hub, tom, TOM.id)
    for whose in (case_id, new_id()):
        for key in ("", new_id()):
            answer = sends(tom, f"/inwoners/{whose}/leefgebieden", zending=key, **{"score-housing": "3"})
            assert answer.status_code == 404
