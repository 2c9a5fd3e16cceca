"""How a meeting is drawn: its address, the life domains on a table, what a seat opens, and who has meetings."""

from urllib.parse import quote

from hub.services.cases.meetings import OF_TEAMS, viewer_sits
from hub.services.views.case import CaseView, ItemView
from hub.services.views.meeting import AtTable
from hub.services.views.viewer import Viewer
from hub.web.translations import gettext
from hub.web.words.plan_words import DomainRow, domains_of
from hub.web.words.words import LIFE_DOMAINS
from schemas.vocabulary import LifeDomain


def meeting_path(meeting_id: str, item_id: str = "") -> str:
    """Give the address of a meeting, or of the table for one client there."""
    place = f"/overleg/{quote(meeting_id, safe='')}"
    return f"{place}/{quote(item_id, safe='')}" if item_id else place


def table_domains(view: CaseView, topic: ItemView) -> list[DomainRow]:
    """Give the life domains that the question is about, as far as they were discussed with the client."""
    shown = domains_of(view)
    return [row for row in (*shown.worked_at, *shown.watched) if row.code in topic.life_domains and row.scores]


def who_may(seat: AtTable, topic: ItemView) -> str:
    """Say what somebody's seat opens, where that is less than what lies on the table."""
    if not seat.there:
        return gettext("Ziet dit niet: het hoort niet bij deze taak")
    if len(seat.domains) == len(topic.life_domains):
        return ""
    names = ", ".join(LIFE_DOMAINS[LifeDomain(code)][0] for code in seat.domains)
    return gettext("Ziet alleen: %(names)s", names=names) if names else gettext("Ziet alleen de vraag")


def goes_to_meetings(viewer: Viewer) -> bool:
    """Whether someone in this role may sit at the table of a meeting."""
    return viewer_sits(viewer)


def has_team_day(viewer: Viewer) -> bool:
    """Whether someone's work begins with the meeting of a Toegangsteam."""
    return viewer.role in OF_TEAMS
