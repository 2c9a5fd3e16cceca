"""One message of a referral, in its forms: as text, and byte for byte to keep."""

from flask import Blueprint, Response, abort, g, render_template
from flask.typing import ResponseReturnValue

from hub.services.views.message import Form, MessageView
from hub.web.backend import backend
from hub.web.words.form_words import ADDRESSES, drawn_forms

slice_ = Blueprint("message_forms", __name__)
_FORMS = {address: form for form, address in ADDRESSES.items()}


@slice_.get("/verwijzingen/<referral_id>/berichten/<message_id>")
def show(referral_id: str, message_id: str) -> ResponseReturnValue:
    """Show a message in its forms."""
    view = _view(referral_id, message_id)
    return render_template("message/message.html", view=view, forms=drawn_forms(view))


@slice_.get("/verwijzingen/<referral_id>/berichten/<message_id>/<form>")
def take(referral_id: str, message_id: str, form: str) -> ResponseReturnValue:
    """Give one form as a file, byte for byte; a browser is never let to open it as a page."""
    found = _view(referral_id, message_id).forms.get(_FORMS.get(form, Form.CANONICAL)) if form in _FORMS else None
    if found is None:
        abort(404)
    response = Response(found.body, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{form}.bin"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _view(referral_id: str, message_id: str) -> MessageView:
    view = backend().message(g.viewer, referral_id, message_id)
    if view is None:
        abort(404)
    return view
