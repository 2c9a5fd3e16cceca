"""Find referrals, and say what of them was shown."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, CaseKey, Referral
from hub.rules.audit import Deed
from hub.services.access.gaze import Gaze
from hub.services.errors import NotFound
from hub.services.record.audit import Entry, seen
from hub.services.record.case_keys import check_owner

# The key of the case stands before what it opens: so a list is read at no question more.
_WITH_KEY = (
    select(CaseKey.key, Referral, Case.regisseur_id)
    .select_from(Referral)
    .outerjoin(CaseKey, CaseKey.owner == Referral.case_id)
    .join(Case, Referral.case_id == Case.id)
)


def find_referral(session: Session, referral_id: str) -> tuple[Referral, str | None]:
    """Find a referral and the regisseur of its case; ``NotFound`` where there is none."""
    row = session.execute(_WITH_KEY.where(Referral.id == referral_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such referral.")
    _key, referral, regisseur_id = row
    check_owner(referral.content, referral.case_id)
    return referral, regisseur_id


def list_referrals(
    session: Session, organisation: str, asked: Mapping[str, str], *, after: int, limit: int
) -> list[tuple[Referral, str | None]]:
    """Give the referrals an organisation sent or received after a number, with the regisseur of each case.

    ``asked`` may narrow them by ``status``, ``to``, ``from`` and ``case``.
    """
    columns = {"status": Referral.status, "to": Referral.receiver, "from": Referral.sender, "case": Referral.case_id}
    query = (
        _WITH_KEY.where(
            (Referral.sender == organisation) | (Referral.receiver == organisation), Referral.number > after
        )
        .where(*(columns[name] == value for name, value in asked.items()))
        .order_by(Referral.number)
        .limit(limit)
    )
    found = []
    for _key, referral, regisseur_id in session.execute(query):
        check_owner(referral.content, referral.case_id)
        found.append((referral, regisseur_id))
    return found


def tell(session: Session, look: Gaze, deed: Deed, referral: Referral) -> None:
    """Tell the audit log what of a referral was shown."""
    sights = tuple(sight for sight in look.sights if sight.referral_id == referral.id)
    entry = Entry(viewer=look.viewer, deed=deed, case_id=referral.case_id, objects=(referral.id,), sights=sights)
    seen(session, entry)
