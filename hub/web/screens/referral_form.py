"""The form of a new referral: reading it, and saying what lacks."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict

from hub.services.referrals.several import MOST, may_go_together
from hub.services.views.referral import ServiceOffer
from hub.web.backend import FieldError
from hub.web.words.words import LAWS
from schemas.message import Ground
from schemas.referral import NewReferral
from schemas.vocabulary import Basis, LifeDomain, Purpose, SharedField, Urgency

_LONGEST = {"reason": 4000, "client_words": 4000, "strengths": 500, "law": 80, "evidence": 500}
_FIELDS = frozenset(SharedField)
# Where an error of a service belongs on the form; the API's names on the left.
_PLACES = {"to": "service", "ground.law": "law", "ground.evidence": "evidence", "ground.basis": "basis"}


PRACTICAL = "practical"
"""The need that is no purpose: practical help, given the same day."""


@dataclass(frozen=True, kw_only=True)
class Want:
    """What somebody looks for, beside the life domains: which kind of help, and where.

    ``need`` is a purpose or ``PRACTICAL``; ``everything`` shows what fits less too.
    """

    need: str = ""
    near: bool = False
    everything: bool = False

    def fits(self, offer: ServiceOffer, life_domains: tuple[str, ...]) -> bool:
        """Whether a service is what is looked for; nothing is before a life domain is chosen."""
        for_need = self.need in ("", offer.purpose) or (self.need == PRACTICAL and offer.practical)
        return (
            bool(set(life_domains) & set(offer.life_domains)) and for_need and not (self.near and offer.near is False)
        )


@dataclass(frozen=True, kw_only=True)
class ReferralForm:
    """What was filled in, as text: it goes back into the form exactly as it came.

    ``many`` says that several may be asked at once, ``again`` that what runs already is asked once more on purpose.
    """

    case_id: str
    key: str
    want: Want = field(default_factory=Want)
    services: tuple[str, ...] = ()
    many: bool = False
    again: bool = False
    life_domains: tuple[str, ...] = ()
    reason: str = ""
    client_words: str = ""
    strengths: tuple[str, ...] = ()
    urgency: str = Urgency.ROUTINE
    basis: str = ""
    law: str = ""
    evidence: str = ""
    share: tuple[str, ...] | None = None

    @classmethod
    def read(cls, form: "MultiDict[str, str]") -> "ReferralForm":
        """Read the form; life domains that are none are left out."""

        def text(name: str) -> str:
            return form.get(name, "").strip()

        domains = tuple(code for code in form.getlist("life_domains") if code in list(LifeDomain))
        return cls(
            case_id=text("inwoner"),
            key=text("sleutel")[:200],
            want=Want(need=text("nodig"), near=text("waar") == "dichtbij", everything="alles" in form),
            services=tuple(dict.fromkeys(form.getlist("service"))),
            many="meer" in form,
            again="again" in form,
            life_domains=domains,
            reason=text("reason"),
            client_words=text("client_words"),
            strengths=tuple(line.strip() for line in form.getlist("strengths") if line.strip()),
            urgency=text("urgency"),
            basis=text("basis"),
            law=text("law"),
            evidence=text("evidence"),
            # Nothing ticked differs from nothing asked: only a page that showed the choice names it.
            share=tuple(code for code in form.getlist("share") if code in _FIELDS) if "gekozen" in form else None,
        )

    def chosen(self, offers: Iterable[ServiceOffer]) -> tuple[ServiceOffer, ...]:
        """Give the services that were chosen, in the order of the page."""
        return tuple(offer for offer in offers if offer.code in self.services)

    def errors(self, offers: Iterable[ServiceOffer], *, already: bool = False) -> dict[str, str]:
        """Give the fields that can't be used yet, in the order of the page, with why.

        ``already`` says that something runs with who was chosen: then it must be asked again on purpose.
        """
        chosen = self.chosen(offers)
        practical = bool(chosen) and all(offer.practical for offer in chosen)
        lacking = {
            "life_domains": not self.life_domains,
            "service": not chosen or len(chosen) < len(self.services),
            "again": already and not self.again,
            "reason": not self.reason,
            "strengths": not self.strengths and not practical,
            "urgency": self.urgency not in list(Urgency),
            "basis": self.basis not in list(Basis),
            "evidence": self.basis == Basis.CONSENT and not self.evidence,
            "law": self.basis in (Basis.PUBLIC_TASK, Basis.LEGAL_DUTY) and self.law not in LAWS,
        }
        found = {name: "missing" for name, lacks in lacking.items() if lacks}
        if len(chosen) > MOST:
            found["service"] = "too_many"
        elif not self._together(chosen):
            found["service"] = "not_together"
        return {**found, **self._too_long()}

    def _together(self, chosen: tuple[ServiceOffer, ...]) -> bool:
        return len(chosen) < 2 or (self.many and may_go_together(chosen, self.life_domains))

    def _too_long(self) -> dict[str, str]:
        found = {}
        for name, longest in _LONGEST.items():
            value = getattr(self, name)
            if any(len(text) > longest for text in ([value] if isinstance(value, str) else value)):
                found[name] = "too_long"
        return found

    def to_new(self, offers: Iterable[ServiceOffer]) -> tuple[NewReferral, ...]:
        """Give the referral for each chosen service; the form must be without errors."""
        chosen = self.chosen(offers)
        return tuple(self._to(offer, alone=len(chosen) == 1) for offer in chosen)

    def _to(self, offer: ServiceOffer, *, alone: bool) -> NewReferral:
        consent = self.basis == Basis.CONSENT
        return NewReferral(
            case_id=self.case_id,
            to=offer.organisation,
            service=offer.code,
            life_domains=tuple(LifeDomain(code) for code in self.life_domains),
            reason=self.reason,
            client_words=self.client_words or None,
            strengths=self.strengths,
            share=self._share(offer, alone=alone),
            # Practical help has one clock: today's.
            urgency=Urgency.TODAY if offer.practical else Urgency(self.urgency),
            ground=Ground(
                basis=Basis(self.basis),
                purpose=Purpose(offer.purpose),
                law=None if consent or self.law not in LAWS else self.law,
                evidence=self.evidence or None,
            ),
        )

    def _share(self, offer: ServiceOffer, *, alone: bool) -> tuple[SharedField, ...] | None:
        """Give what goes to one receiver: what was chosen for all, and of several no more than its service needs."""
        if self.share is None:
            return None
        return tuple(SharedField(code) for code in self.share if alone or not offer.shares or code in offer.shares)


def as_far_as_it_is(form: ReferralForm, offers: Iterable[ServiceOffer]) -> tuple[NewReferral, ...]:
    """Give the referrals that a half-filled form would make, for their preview; none before a service is chosen."""
    urgency = form.urgency if form.urgency in list(Urgency) else Urgency.ROUTINE
    basis = form.basis if form.basis in list(Basis) else Basis.CONSENT
    return replace(form, urgency=urgency, basis=basis).to_new(offers)


def error_of(problem: FieldError) -> str:
    """Give the field of the form that a service's error belongs to."""
    return _PLACES.get(problem.field, problem.field)
