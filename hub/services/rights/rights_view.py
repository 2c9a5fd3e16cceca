"""What a case director sees of an export before it is handed over: of each kind and source, what he may see."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from hub.models import Referral
from hub.rules.access import Category, Mask
from hub.rules.audit import Deed
from hub.services.access.access import may_see
from hub.services.access.gaze import Gaze, gaze_at
from hub.services.errors import NotFound
from hub.services.record.audit import Entry, refused, seen
from hub.services.rights.rights_book import Item, open_book
from hub.services.rights.rights_rows import READERS
from hub.services.views.viewer import Viewer
from hub.settings import Configuration

_ABOUT_THE_PERSON = frozenset({"person", "case"})
_ASKED = frozenset({Category.HEALTH_CONTENT, Category.GOAL_PLAN, Category.PROCESS_STATUS})


@dataclass(frozen=True, kw_only=True)
class KindLine:
    """How much there is of one kind from one organisation, as far as the viewer may see it."""

    kind: str
    organisation: str
    count: int
    last_at: dt.datetime | None


def overview(
    session: Session, config: Configuration, viewer: Viewer, case_id: str, now: dt.datetime
) -> tuple[KindLine, ...]:
    """Give the kinds and sources that this viewer may see whole; ``NotFound`` for anyone but the case director.

    What is masked is not counted: a number would tell that there is something.
    """
    try:
        book = open_book(session, config, case_id)
        if book.case.regisseur_id is None or book.case.regisseur_id != viewer.id:
            raise NotFound("There is no such case.")
    except NotFound:
        refused(session, viewer, Deed.CASE_VIEW, case_id)
        raise
    look = gaze_at(session, config, viewer, case_id, book.case.regisseur_id, now)
    groups: defaultdict[tuple[str, str], list[Item]] = defaultdict(list)
    for read in READERS:
        for item in read(book):
            if _shown_whole(look, book.referrals, item):
                groups[item.kind, _name(config, item.organisation)].append(item)
    sights = tuple(look.sights)
    seen(session, Entry(viewer=viewer, deed=Deed.CASE_VIEW, case_id=case_id, sights=sights, detail="rights"))
    return tuple(_line(kind, source, items) for (kind, source), items in sorted(groups.items()))


def _shown_whole(look: Gaze, referrals: Mapping[str, Referral], item: Item) -> bool:
    """Whether the policy shows this item whole; what belongs to no referral is told on a page of its own."""
    if item.kind in _ABOUT_THE_PERSON:
        return True
    named = item.row.removeprefix("referrals/") if item.kind == "referral" else item.data.get("referral")
    referral = referrals.get(str(named))
    if referral is None:
        return False
    category = item.category if item.category in _ASKED else Category.PROCESS_STATUS
    owner = item.organisation if item.kind in ("referral", "event") else referral.receiver
    return may_see(look, referral, category, owner=owner).mask is Mask.FULL


def _name(config: Configuration, code: str | None) -> str:
    organisation = config.organisation(code or "")
    return organisation.name if organisation is not None else config.municipality.name


def _line(kind: str, source: str, items: list[Item]) -> KindLine:
    moments = [item.at for item in items if item.at is not None]
    return KindLine(kind=kind, organisation=source, count=len(items), last_at=max(moments, default=None))
