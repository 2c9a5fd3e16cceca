"""Sign in at the organisation's own OpenID provider, and come back."""

import dataclasses

import structlog
from flask import Blueprint, abort, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from hub.services.people.oidc import ProviderFault, Ticket
from hub.web.accounts import accounts
from hub.web.backend import Refused
from hub.web.door import session_cookie
from hub.web.door.devices import device_of
from hub.web.door.sign_in import after, onward
from hub.web.translations import keep, speaking

slice_ = Blueprint("elsewhere", __name__)
log = structlog.get_logger()


def _back_to(name: str) -> str:
    return f"{request.host_url.rstrip('/')}/inloggen/terug/{name}"


@slice_.get("/inloggen/met/<name>")
def go(name: str) -> ResponseReturnValue:
    """Send the browser to the provider."""
    providers = accounts().providers
    if name not in providers.known:
        abort(404)
    if request.headers.get("Sec-Fetch-Site") == "cross-site":  # nobody is signed in by a link of another site
        return redirect("/inloggen", 303)
    try:
        address, ticket = providers.begin(name, _back_to(name))
    except ProviderFault as fault:
        return _stopped(fault, name)
    session["elders"] = {**dataclasses.asdict(ticket), "verder": onward(request.args.get("verder"))}
    return redirect(address, 303)


@slice_.get("/inloggen/terug/<name>")
def back(name: str) -> ResponseReturnValue:
    """Take who comes back from the provider; each ticket is good for one answer.

    The answer is a page and no redirect: a redirect that began at another site does not carry a strict cookie.
    """
    kept = session.pop("elders", None)
    code, state = request.args.get("code", ""), request.args.get("state", "")
    if not isinstance(kept, dict) or kept.get("provider") != name or not code or kept.get("state") != state:
        return _stopped(ProviderFault("ticket"), name)
    to = onward(kept.pop("verder", ""))
    try:
        claims = accounts().providers.finish(Ticket(**kept), code, _back_to(name))
    except ProviderFault as fault:
        return _stopped(fault, name)
    entered = accounts().enter_by(name, claims, request.remote_addr or "", device_of(request))
    if isinstance(entered, Refused):
        return render_template("sign_in/elsewhere.html", kind="unknown", to="/inloggen"), 403
    session.clear()
    spoken = entered.session.viewer.language
    with speaking(spoken):
        page = render_template("sign_in/elsewhere.html", kind="welcome", to=after(entered.session, to))
    return session_cookie.give(keep(make_response(page), spoken), entered.token)


def _stopped(fault: ProviderFault, name: str) -> ResponseReturnValue:
    log.warning("signing in at a provider did not succeed", provider=name[:40], why=fault.why)
    return render_template("sign_in/elsewhere.html", kind=fault.why, to="/inloggen"), 401
