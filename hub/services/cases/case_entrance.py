"""Whether a case is there for a viewer at all, and why."""

from sqlalchemy.orm import Session

from hub.rules.access import Category
from hub.services.access.access import Why, has_part_in
from hub.services.access.client_access import may_see_person, see_client, why_client
from hub.services.access.explaining import explained, explained_status
from hub.services.access.gaze import Gaze
from hub.services.access.item_access import why_item
from hub.services.access.ties import at_the_table
from hub.services.cases.case_entries import Found
from hub.services.errors import NotFound
from hub.services.views.why import Explained
from schemas.vocabulary import Purpose

NO_DIRECT = frozenset({"functional_admin", "privacy_officer", "policy_adviser", "enforcer"})


def knows_client(look: Gaze, owner: str, found: Found) -> bool:
    """Whether this viewer may know who the client is, by any of the ties to the case."""
    if see_client(look, found.records, Category.CONTACT)[0].decision.allow:
        return True
    return at_the_table(found.who) and why_at_table(found, owner, Category.CONTACT).decision.allow


def why_at_table(found: Found, owner: str, category: Category) -> Why:
    """Decide about the client by a seat at the table of a meeting: whose client it is, wrote it down."""
    return why_item(found.who, category=category, owner=owner, purpose=Purpose.GUIDANCE, domains=())


def entrance_of(look: Gaze, owner: str, found: Found) -> Explained:
    """Say why the case is there for this viewer at all: since the client may be known, or a referral is seen."""
    through = why_client(look, found.records, Category.CONTACT)
    if through[0].decision.allow:
        return explained(look, *through)
    if at_the_table(found.who):
        return explained(look, why_at_table(found, owner, Category.CONTACT))
    if not found.referrals:
        return explained(look, *through)
    return explained_status(look, found.records[0])


def check_entrance(session: Session, look: Gaze, case_id: str, found: Found) -> None:
    """Let in who has a tie to the client; to anyone else the case is not there.

    Income sees the clients of Work & Income alone: that somebody else has a client may itself be health data.
    """
    if not is_there(session, look, case_id, found):
        raise NotFound("There is no such case.")


def is_there(session: Session, look: Gaze, case_id: str, found: Found) -> bool:
    """Whether a case is there for this viewer at all."""
    viewer = look.viewer
    if viewer.role in NO_DIRECT:
        return False
    if found.referrals or at_the_table(found.who):
        return True
    income = viewer.role == "income_consultant"
    return may_see_person(look, []).allow and (
        not income or has_part_in(session, viewer, case_id, by_announcement=True)
    )
