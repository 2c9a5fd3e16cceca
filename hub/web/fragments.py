"""The pieces of a client's page, drawn one and the same way for the page, the push and the snapshot."""

from collections.abc import Iterable

from flask import render_template

from hub.services.views.case import CaseView, EntryView
from hub.services.views.viewer import Viewer
from hub.web.translations import speaking
from schemas.vocabulary import ItemKind

REGIONS = {
    "wie": "fragments/client_name.html",
    "doen": "fragments/client_deeds.html",
    "meldingen": "fragments/client_notices.html",
    "kop": "fragments/case_facts.html",
    "menu": "fragments/menu.html",
    "eigen-woorden": "fragments/own_words.html",
    "leefgebieden": "fragments/domains.html",
    "plan": "fragments/plan.html",
    "gesprek": "fragments/talk.html",
    "afspraken": "fragments/agreed.html",
    "verwijzingen-kop": "fragments/referrals_head.html",
    "contact": "fragments/contact.html",
    "documenten": "fragments/documents.html",
    "aantekeningen": "fragments/notes.html",
    "verwijzingen": "fragments/referral_rows.html",
    "tijdlijn": "fragments/timeline.html",
    "wieziet": "fragments/onlookers.html",
}
# Which regions of the page show what was written down; its entry in the timeline brings them anew.
REGIONS_OF: dict[ItemKind, tuple[str, ...]] = {
    ItemKind.SCORE: ("leefgebieden",),
    ItemKind.GOAL: ("leefgebieden", "menu", "plan"),
    ItemKind.STEP: ("plan",),
    ItemKind.REMARK: ("gesprek", "menu"),
    ItemKind.AGREEMENT: ("afspraken", "menu"),
    ItemKind.APPOINTMENT: ("contact", "kop", "menu"),
    ItemKind.CONTACT: ("contact",),
    ItemKind.OWN_WORDS: ("eigen-woorden",),
    ItemKind.DOCUMENT: ("documenten", "menu"),
}


def render_entry(entry: EntryView, viewer: Viewer) -> str:
    """Give the HTML that a new entry changes: the row of its referral, and itself inside its day.

    Every root element has an ``id`` and a ``data-region``. Needs an application context, no request.
    """
    with speaking(viewer.language):
        return render_template("fragments/entry.html", entry=entry, viewer=viewer).strip()


def render_touched(view: CaseView, kinds: Iterable[ItemKind], viewer: Viewer) -> str:
    """Give the regions of the page that show items of these kinds, whole, each in an element that names it."""
    names = sorted({name for kind in kinds for name in REGIONS_OF.get(kind, ())})
    with speaking(viewer.language):
        drawn = [(name, render_template(REGIONS[name], view=view, viewer=viewer).strip()) for name in names]
    return "".join(f'<div data-heel="{name}">{html}</div>' for name, html in drawn)


def render_regions(view: CaseView, viewer: Viewer) -> dict[str, str]:
    """Give the content of every live region of the page, for a snapshot."""
    with speaking(viewer.language):
        return {
            region: render_template(template, view=view, viewer=viewer).strip() for region, template in REGIONS.items()
        }
