"""Send one need to several services at once, and show afterwards how that stands."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Case, Referral
from hub.rules.audit import Deed
from hub.services.access.access import why_status
from hub.services.access.bundles import HELPING
from hub.services.access.gaze import gaze_at
from hub.services.access.referral_lines import line_of
from hub.services.errors import Invalid
from hub.services.record.audit import Entry, seen
from hub.services.referrals.sending import send_referral
from hub.services.views.referral import BundleView
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork
from schemas.identifiers import new_id
from schemas.referral import NewReferral
from schemas.vocabulary import Status

MOST = 3


class Asked(Protocol):
    """A service as far as it decides whether it may be asked with others."""

    @property
    def organisation(self) -> str:
        """Whose it is."""

    @property
    def life_domains(self) -> Sequence[str]:
        """What it helps with."""

    @property
    def several(self) -> bool:
        """Whether it may be asked together with others, whatever their need."""


def may_go_together(services: Sequence[Asked], life_domains: Sequence[str]) -> bool:
    """Whether these may be asked at once: each of its own organisation, for the same need or marked for it.

    Of the same need are services that all help with one of the chosen life domains.
    """
    if len({one.organisation for one in services}) < len(services):
        return False
    unmarked = [frozenset(one.life_domains) for one in services if not one.several]
    common = frozenset(life_domains).intersection(*unmarked)
    return not unmarked or bool(common)


def send_several(
    work: UnitOfWork, config: Configuration, actor: Viewer, wanted: Sequence[NewReferral]
) -> list[Referral]:
    """Send one need to each of these, in one unit of work: all of them, or none.

    Each is a referral of its own, with its own ground and its own release. ``Invalid`` where they don't go together.
    """
    if len(wanted) == 1:
        return [send_referral(work, config, actor, wanted[0])]
    services = [service for one in wanted if (service := config.services.get(one.service or "")) is not None]
    same_case = len({one.case_id for one in wanted}) == 1 and wanted[0].case_id is not None
    if not 1 < len(wanted) <= MOST or len(services) < len(wanted) or not same_case:
        raise Invalid(f"Two to {MOST} services can be asked at once, for one client.", field="service")
    if not may_go_together(services, wanted[0].life_domains):
        raise Invalid("These services do not go together.", field="service")
    bundle_id = new_id()
    return [send_referral(work, config, actor, one, bundle_id=bundle_id) for one in wanted]


def bundle_view(
    session: Session, config: Configuration, viewer: Viewer, referral_id: str, now: dt.datetime
) -> BundleView | None:
    """Give how a referral's bundle stands, for whoever may see the referral; nothing where it was sent alone."""
    its_bundle = select(Referral.bundle_id).where(Referral.id == referral_id).scalar_subquery()
    query = select(Referral, Case.regisseur_id).join(Case, Referral.case_id == Case.id)
    rows = session.execute(query.where(Referral.bundle_id == its_bundle).order_by(Referral.number)).all()
    own = next((row.Referral for row in rows if row.Referral.id == referral_id), None)
    if own is None:
        return None
    rest = [row.Referral for row in rows if row.Referral is not own]
    elsewhere = own.status == Status.WITHDRAWN and any(Status(one.status) in HELPING for one in rest)
    look = gaze_at(session, config, viewer, own.case_id, rows[0].regisseur_id, now)
    lines = [(one, line_of(look, one, state)) for one in rest if (state := why_status(look, one)).decision.allow]
    shown = tuple(line for _one, line in lines if line.number)  # of what is masked nothing says that it belongs here
    if shown:
        ids = tuple(line.id for line in shown)
        seen(
            session,
            Entry(viewer=viewer, deed=Deed.REFERRAL_LIST, case_id=own.case_id, objects=ids, sights=tuple(look.sights)),
        )
    return BundleView(others=shown, elsewhere=elsewhere) if shown or elsewhere else None
