"""The pieces of a client's page, drawn one and the same way for the page, the push and the snapshot."""

from flask import render_template

from hub.services.views import CaseView, EntryView, Viewer
from hub.web.translations import speaking

REGIONS = {
    "kop": "fragments/case_facts.html",
    "eigen-woorden": "fragments/own_words.html",
    "verwijzingen": "fragments/referral_rows.html",
    "tijdlijn": "fragments/timeline.html",
}


def render_entry(entry: EntryView, viewer: Viewer) -> str:
    """Give the HTML that a new entry changes: the row of its referral, and itself inside its day.

    Every root element has an ``id`` and a ``data-region``. Needs an application context, no request.
    """
    with speaking(viewer.language):
        return render_template("fragments/entry.html", entry=entry, viewer=viewer).strip()


def render_regions(view: CaseView, viewer: Viewer) -> dict[str, str]:
    """Give the content of every live region of the page, for a snapshot."""
    with speaking(viewer.language):
        return {
            region: render_template(template, view=view, viewer=viewer).strip() for region, template in REGIONS.items()
        }
