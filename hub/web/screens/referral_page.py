"""What the page of a referral and the inbox draw of it: answers in order, the conversation, and who to propose."""

from collections.abc import Sequence
from typing import Any

from flask import g

from hub.services.views.referral import ActionChoice, ReferralView, ServiceOffer, TrailStep
from hub.web.backend import backend
from hub.web.words.words import ANSWERS, ASIDE
from schemas.vocabulary import Event, Status

_PROPOSED = frozenset({Status.REDIRECT_PROPOSED, Status.REDIRECTED, Status.DECLINED})


def facts_of(view: ReferralView) -> dict[str, Any]:
    """Give what the templates need of a referral."""
    answers, aside = _in_order(view.actions)
    return {
        "view": view,
        "answers": [action for action in answers if action.event != Event.ANSWER],
        "reply": next((action for action in answers if action.event == Event.ANSWER), None),
        "aside": aside,
        "talk": talk_of(view.trail),
        "offers": _offers(view),
        "proposal": _proposal(view),
        "back_to": "",
    }


def talk_of(trail: Sequence[TrailStep]) -> list[TrailStep]:
    """Give what people said to each other, in order of time."""
    said = (step for step in trail if (step.note or step.agreed_for) and not step.delivery)
    return sorted(said, key=lambda step: step.at)


def _in_order(actions: Sequence[ActionChoice]) -> tuple[list[ActionChoice], list[ActionChoice]]:
    """Give the actions: answers with the main one first, and those that stand apart."""
    rank = {event: place for place, event in enumerate(ANSWERS)}
    answers = [action for action in actions if action.event not in ASIDE]
    return (
        sorted(answers, key=lambda action: rank.get(Event(action.event), len(rank))),
        [action for action in actions if action.event in ASIDE],
    )


def _proposal(view: ReferralView) -> ServiceOffer | None:
    """Give what the receiver proposed instead, to who may take it over."""
    proposed = next((step.proposed for step in reversed(view.trail) if step.proposed), None)
    if proposed is None or view.viewer_received or not view.may_see_case or view.line.mark not in _PROPOSED:
        return None
    offers = backend().services_on_offer(g.viewer)
    return next((offer for offer in offers if offer.code == proposed.get("service")), None)


def _offers(view: ReferralView) -> list[tuple[str, list[ServiceOffer]]]:
    """Give what may be proposed instead, by organisation; nothing where nothing is proposed."""
    if not any("proposed" in action.asks or action.event == Event.DECLINE for action in view.actions):
        return []
    found: dict[str, list[ServiceOffer]] = {}
    for offer in backend().services_on_offer(g.viewer):
        found.setdefault(offer.organisation_name, []).append(offer)
    return sorted(found.items())
