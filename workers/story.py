"""How the demo begins: Work & Income's own suite refers one of Marloes' people to each of the others, in StUF.

Each of them takes it in its own dialect and takes its whole course, step by step, in the first minutes.
"""

import datetime as dt

from hub.services.record.clients import find_case_of_bsn
from hub.wiring import Hub
from schemas.identifiers import derived_id
from schemas.message import Client, Coded, Message, MessageData, source_of
from schemas.vocabulary import Event, LifeDomain, MessageKind, Status, Urgency
from workers.partners.partner import Partner

SUITE = "wi-tilburg"
CASES = (
    ("toegang-broekhoven", "casusoverleg-broekhoven", LifeDomain.HOUSING, "De huur loopt achter."),
    ("mw-de-kade", "hulp-bij-post", LifeDomain.FINANCES, "De post blijft dicht."),
    ("ggz-de-leij", "ggz-kennismaking", LifeDomain.MENTAL_HEALTH, "Vraagt om een kennismaking."),
    ("de-spoel", "orientatie-groen", LifeDomain.WORK_EDUCATION, "Wil graag buiten aan de slag."),
)


def begin(hub: Hub, suite: Partner, bsn: str) -> None:
    """Let the suite bring a case for each of them."""
    with hub.store.reading() as session:
        case = find_case_of_bsn(session, hub.config.municipality.code, bsn)
    assert case is not None  # filled in a moment ago
    for number, one in enumerate(CASES, start=1):
        suite.tell_hub(_message(hub, case.person, number, one))


def _message(hub: Hub, person: Client, number: int, one: tuple[str, str, LifeDomain, str]) -> Message:
    now, (to, service, domain, reason) = dt.datetime.now(dt.UTC), one
    return Message(
        id=derived_id("story", to),
        kind=MessageKind.SENT,
        source=source_of(hub.config.organisations[SUITE].oin, SUITE),
        time=now,
        sender=SUITE,
        receiver=to,
        data=MessageData(
            event=Event.SEND,
            status=Status.SENT,
            occurred_at=now,
            correlation={"stuf:identificatie": f"0855Z2026{number:04d}"},
            client=person,
            service=Coded(code=service, system="schakel"),
            life_domains=(domain,),
            reason=reason,
            urgency=Urgency.ROUTINE,
            starts_on=now.date().isoformat(),
        ),
    )
