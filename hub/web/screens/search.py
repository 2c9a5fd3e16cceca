"""Search clients and referrals. What is asked travels in a form: never in an address, a log or a history."""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from hub.limits import limit
from hub.rules import searching
from hub.services.overview.search import Found, search
from hub.web.desk import desk
from hub.web.words.found_words import FOUND_KINDS, excerpt, marked, place_of

# What one searches a client for, in the address and the form: a hit then leads on to that.
REFERRING = "verwijzing"
slice_ = Blueprint("search", __name__)


@slice_.get("/zoeken")
def form() -> ResponseReturnValue:
    """Show an empty form."""
    return render_template("search/search.html", given="", asked=None, found=None, **_purpose(request.args.get("voor")))


@slice_.post("/zoeken")
def find() -> ResponseReturnValue:
    """Show what was found: as a page, or as the list alone to who types in the header."""
    limit("search", g.viewer.id)
    given = request.form.get("vraag", "")[: searching.LONGEST_QUESTION].strip()
    asked = searching.read(given)
    found = Found()
    if not asked.empty:
        place = desk()
        with place.looking() as session:
            found = search(session, place.config, g.viewer, asked, place.now)
    template = "search/hits.html" if request.headers.get("X-Fragment") == "1" else "search/search.html"
    return render_template(
        template,
        given="" if asked.bsn else given,  # a BSN is not repeated on the screen
        asked=asked,
        found=found,
        marked=marked,
        excerpt=excerpt,
        kinds=FOUND_KINDS,
        place_of=place_of,
        **_purpose(request.form.get("voor")),
    )


def _purpose(wanted: str | None) -> dict[str, str]:
    """Give where a client that was found leads to: the own page, or a new referral."""
    if wanted == REFERRING:
        return {"wanted": REFERRING, "leads_to": "/verwijzingen/nieuw?inwoner="}
    return {"wanted": "", "leads_to": "/inwoners/"}
