"""The file of one person as it is handed out: the case under hand, and one row of it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub.models import Case, Referral
from hub.rules.access import Category
from hub.services.access.release import touches_health
from hub.services.errors import NotFound
from hub.settings import Configuration
from schemas.fields import moment_text
from schemas.vocabulary import LifeDomain


@dataclass(frozen=True, kw_only=True)
class Item:
    """One row about the person. ``row`` names it; ``data`` is what stands in it, in plain words and codes."""

    row: str
    kind: str
    category: Category
    at: dt.datetime | None
    organisation: str | None
    data: Mapping[str, Any]
    domain: str = LifeDomain.SOCIAL_NETWORK
    rule: str = ""


@dataclass(frozen=True, kw_only=True)
class Book:
    """The case under hand, with its referrals: what every reader needs."""

    session: Session
    config: Configuration
    case: Case
    referrals: Mapping[str, Referral]

    def all_of(self, record: Any) -> list[Any]:
        """Give the rows of one kind that name the case or one of its referrals."""
        names: list[Any] = [record.case_id == self.case.id] if hasattr(record, "case_id") else []
        if hasattr(record, "referral_id"):
            names.append(record.referral_id.in_(list(self.referrals)))
        return list(self.session.scalars(select(record).where(or_(*names))))

    def domain_of(self, referral_id: str | None) -> str:
        """Give the life domain that decides: health where any of it is health."""
        referral = self.referrals.get(referral_id or "")
        if referral is None:
            return LifeDomain.SOCIAL_NETWORK
        if touches_health(self.config, referral):
            return LifeDomain.MENTAL_HEALTH
        return referral.life_domains[0] if referral.life_domains else LifeDomain.SOCIAL_NETWORK

    def content_category(self, referral_id: str | None) -> Category:
        """Give the category of free text: the highest of its form."""
        referral = self.referrals.get(referral_id or "")
        health = referral is not None and touches_health(self.config, referral)
        return Category.HEALTH_CONTENT if health else Category.GOAL_PLAN


def open_book(session: Session, config: Configuration, case_id: str) -> Book:
    """Find the case with its referrals; ``NotFound`` where there is no such case."""
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    referrals = session.scalars(select(Referral).where(Referral.case_id == case_id).order_by(Referral.number))
    return Book(session=session, config=config, case=case, referrals={one.id: one for one in referrals})


def technical(row: str, at: dt.datetime, organisation: str) -> Item:
    """Give a row that only remembers that something came by."""
    return Item(row=row, kind="memory", category=Category.DELIVERY_META, at=at, organisation=organisation, data={})


def request(
    row: str, kind: str, at: dt.datetime, data: Mapping[str, Any], category: Category = Category.CONTACT
) -> Item:
    """Give a row about what was asked or decided, whose organisation does not matter."""
    return Item(row=row, kind=kind, category=category, at=at, organisation=None, data=data)


def plain(**values: Any) -> dict[str, Any]:
    """Give values as JSON has them, the empty ones left out."""
    return {name: _json(value) for name, value in values.items() if value not in (None, [], {}, "")}


def _json(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, dt.date) else value
