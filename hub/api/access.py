"""The access policy over the API: it is no secret, and whoever connects a system may try it on any case."""

import json
from typing import Any

from flask import Response

from hub.api.blueprint import api, json_body
from hub.rules.access import decide
from hub.rules.access_rows import question_of, said
from schemas.access import QUESTION, QUESTIONS


@api.post("/access/decisions")
def decide_questions() -> Response:
    """Decide one question, or many under ``questions``; nothing is looked up, only the policy is asked."""
    document = json_body()
    if isinstance(document, dict) and "questions" in document:
        body: Any = {"decisions": [_decided(row) for row in QUESTIONS.load(document)["questions"]]}
    else:
        body = _decided(QUESTION.load(document))
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/json")


def _decided(row: dict[str, str]) -> dict[str, str | None]:
    answer = decide(question_of(row))
    words = said(answer)
    return {
        "id": row["id"] or None,
        "decision": words["decision"],
        "mask": words["mask"] or None,
        "rule": words["rule"],
        "reason_nl": answer.reason_nl,
    }
