"""Bring a document to a case, and take one: always to save, never to be shown as a page of ours."""

import re

from flask import Blueprint, Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from hub.rules.audit import Deed
from hub.services.cases import documents
from hub.services.cases.case_view import case_view
from hub.services.errors import Invalid
from hub.services.views.case import CaseView
from hub.web.desk import desk
from hub.web.door import session_cookie
from hub.web.door.front_door import SANDBOX
from hub.web.drawing import case_path
from hub.web.screens.item_form import audience_of, domains_of

slice_ = Blueprint("documents", __name__)
_BRINGING = re.compile(r"/inwoners/[^/]+/documenten")
_TOO_MUCH = 5_000_000
"""How much more than a document may be sent, so that who brings one that is too large, gets an answer in words."""


@slice_.before_app_request
def make_room() -> None:
    """Let who signed in send more here than elsewhere, before anything reads the form."""
    if request.method == "POST" and _BRINGING.fullmatch(request.path) and session_cookie.token():
        request.max_content_length = documents.most_bytes(desk().config) + _TOO_MUCH


@slice_.post("/inwoners/<case_id>/documenten")
def add(case_id: str) -> ResponseReturnValue:
    """Keep a document in a case, or say why it is not taken."""
    with desk().looking() as session:
        view = case_view(session, desk().config, g.viewer, case_id, desk().now)
    try:
        brought = _brought(request.files.get("bestand"))
        with desk().changing(g.viewer, Deed.ITEM_WRITE, case_id=case_id) as work:
            documents.add(work, desk().config, g.viewer, case_id, brought)
    except Invalid as error:
        return _again(view, error.field)
    return redirect(f"{case_path(case_id)}#documenten", 303)


@slice_.get("/inwoners/<case_id>/documenten/<item_id>")
def take(case_id: str, item_id: str) -> ResponseReturnValue:
    """Hand out a document, to save."""
    with desk().looking() as session:
        kept = documents.fetch(session, desk().config, g.viewer, case_id, item_id, desk().now)
    answer = Response(kept.body, content_type=kept.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=kept.name)
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


def _brought(given: FileStorage | None) -> documents.Brought:
    if given is None or not given.filename:
        raise Invalid("There is no file.", field="doc_none")
    with given.stream:
        body = given.read()
    return documents.Brought(
        name=given.filename[:500],
        body=body,
        audience=audience_of(request.form),
        life_domains=domains_of(request.form),
    )


def _again(view: CaseView, field: str | None) -> ResponseReturnValue:
    page = render_template("item/document_again.html", view=view, field=field or "", form=request.form)
    return page, 422
