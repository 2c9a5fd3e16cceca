"""Who has part in a case, as far as a viewer knows: the organisations, and the people there who can be asked."""

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from hub.models import Person, Post
from hub.services.access.actors import NO_PART
from hub.services.access.referral_lines import organisation_name
from hub.services.cases.meetings import held
from hub.services.views.case import Colleague
from hub.services.views.referral import ReferralLine
from hub.services.views.viewer import Viewer
from hub.settings import Configuration

_NEVER_ASKED = NO_PART | {"privacy_officer"}


def parties_of(
    config: Configuration, viewer: Viewer, lines: Iterable[ReferralLine], regisseur: Person | None
) -> tuple[tuple[str, str], ...]:
    """Give (code, name) of the organisations with part in a case: the viewer's, the regisseur's, and those seen."""
    seen = {name for line in lines for name in (line.sender, line.organisation) if name}
    codes = {code for code, one in config.organisations.items() if one.name in seen} | {viewer.organisation}
    if regisseur is not None:
        codes.add(regisseur.organisation)
    return tuple(sorted(((code, organisation_name(config, code)) for code in codes), key=lambda one: one[1]))


def colleagues_of(
    session: Session, config: Configuration, parties: Sequence[tuple[str, str]], today: dt.date
) -> tuple[Colleague, ...]:
    """Give the people who work at these organisations and sign in here, in a post that takes part in help.

    Who decides about benefits, or looks at figures, never sees a plan: nobody could ask him something there.
    """
    codes = [code for code, _name in parties]
    helps = exists().where(Post.person_id == Person.id, held(today), Post.role.not_in(_NEVER_ASKED))
    people = select(Person.id, Person.name, Person.organisation).where(
        Person.organisation.in_(codes), Person.active.is_(True), helps
    )
    return tuple(
        Colleague(
            id=row.id,
            name=row.name,
            organisation=row.organisation,
            organisation_name=organisation_name(config, row.organisation),
        )
        for row in session.execute(people.order_by(Person.name))
    )
