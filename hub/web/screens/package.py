"""Open the package of an inzage: a page without account. What is opened is shown and kept nowhere."""

import json

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from hub.services.errors import Invalid
from hub.services.rights.handover import mark_key_of, open_package
from hub.wiring import EXTENSION, Hub

slice_ = Blueprint("package", __name__)
PATH = "/inzage/openen"
_LARGEST = 20_000_000


@slice_.before_app_request
def make_room() -> None:
    """Let a package be larger than what else is sent here, before anything reads the form."""
    if request.path == PATH:
        request.max_content_length = _LARGEST


@slice_.get(PATH)
def form() -> str:
    """Ask for the file and its code."""
    return render_template("package/open.html", wrong=None)


@slice_.post(PATH)
def unseal() -> ResponseReturnValue:
    """Show what is in a package, to read and to print, or hand it out as it is for a computer."""
    given, code = request.files.get("bestand"), request.form.get("code", "").strip()
    if given is None or not given.filename or not code:
        return render_template("package/open.html", wrong="empty"), 422
    with given.stream:
        package = given.read()
    hub: Hub = current_app.extensions[EXTENSION]
    try:
        document = open_package(package, code[:200], mark_key_of(hub.settings.secret_key))
    except Invalid as error:
        return render_template("package/open.html", wrong=error.field), 422
    if request.form.get("vorm") == "json":
        answer = Response(json.dumps(document, ensure_ascii=False, indent=1), content_type="application/json")
        answer.headers.set("Content-Disposition", "attachment", filename="mijn-gegevens.json")
        return answer
    return render_template("package/package.html", package=document)
