"""What is told of a message's way: on the timeline, or on the trail of messages alone."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, update

from hub.models import Referral
from hub.services.record.timeline import NewEntry, look_at_way, nudge_all, write_everywhere
from hub.store.database import UnitOfWork
from hub.store.tables import table_of
from schemas.vocabulary import Delivery, MessageKind

_REFERRALS = table_of(Referral)
_SHOW = update(_REFERRALS).where(_REFERRALS.c.id == bindparam("referral")).values(delivery=bindparam("state"))


ENTRY_KIND = {
    Delivery.DELIVERED: "delivered",
    Delivery.PROCESSED: "processed",
    Delivery.REFUSED: "refused_by_system",
    Delivery.QUARANTINED: "undelivered",
    Delivery.WAITING: "delayed",
    Delivery.UNKNOWN: "delayed",
}


_TAKEN = (Delivery.DELIVERED, Delivery.PROCESSED, Delivery.REFUSED)


@dataclass(frozen=True, kw_only=True)
class News:
    """What is to be told of one row of the outbox. ``fresh``: nothing was told of its delivery before."""

    row: Any
    state: Delivery
    data: dict[str, Any] | None = None
    fresh: bool = False

    @property
    def first(self) -> bool:
        """Whether it is about the message that brings the referral itself."""
        return bool(self.row.kind == MessageKind.SENT)

    @property
    def worth_telling(self) -> bool:
        """Of later messages only trouble is news."""
        if self.row.referral_id is None or self.row.case_id is None:
            return False
        return self.first or self.state not in (Delivery.DELIVERED, Delivery.PROCESSED)

    def entries(self) -> list[NewEntry]:
        """Give it as entries of the timeline."""
        kinds = [ENTRY_KIND[self.state]]
        if self.fresh and self.state is not Delivery.DELIVERED and self.state in _TAKEN:
            kinds.insert(0, "delivered")  # taken and understood in one breath are two steps all the same
        whose = {"organisation": self.row.receiver, "referral_id": self.row.referral_id}
        return [NewEntry(kind=kind, data=self.data if kind == kinds[-1] else None, **whose) for kind in kinds]


def tell_news(work: UnitOfWork, all_news: Iterable[News]) -> None:
    """Show it on the referrals and their timelines; of what is no news there, on the trail of messages alone."""
    everything = list(all_news)
    told = [news for news in everything if news.worth_telling]
    show_way(work, [news.row for news in everything if not news.worth_telling])
    shown = [{"referral": news.row.referral_id, "state": news.state} for news in told if news.first]
    if shown:
        work.execute(_SHOW, sorted(shown, key=lambda one: str(one["referral"])))  # one order of locks
    entries: defaultdict[str, list[NewEntry]] = defaultdict(list)
    for news in told:
        entries[news.row.case_id] += news.entries()
    if entries:
        nudge_all(work, write_everywhere(work, entries).items())


def show_way(work: UnitOfWork, rows: Iterable[Any]) -> None:
    """Have open pages of these messages' referrals show how far they are."""
    look_at_way(work, [(row.case_id, row.referral_id) for row in rows if row.case_id and row.referral_id])
