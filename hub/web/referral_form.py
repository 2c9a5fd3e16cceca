"""The form of a new referral: reading it, and saying what lacks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from hub.services.views import ServiceOffer
from hub.web.backend import FieldError
from hub.web.words import LAWS
from schemas.message import Ground
from schemas.referral import NewReferral
from schemas.vocabulary import Basis, LifeDomain, Purpose, SharedField, Urgency

_LONGEST = {"reason": 4000, "client_words": 4000, "strengths": 500, "law": 80, "evidence": 500}
_FIELDS = frozenset(SharedField)
# Where an error of a service belongs on the form; the API's names on the left.
_PLACES = {"to": "service", "ground.law": "law", "ground.evidence": "evidence", "ground.basis": "basis"}


@dataclass(frozen=True, kw_only=True)
class ReferralForm:
    """What was filled in, as text: it goes back into the form exactly as it came."""

    case_id: str
    key: str
    service: str = ""
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
            service=text("service"),
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

    def errors(self, offers: Iterable[ServiceOffer]) -> dict[str, str]:
        """Give the fields that can't be used yet, in the order of the page, with why."""
        lacking = {
            "life_domains": not self.life_domains,
            "service": self.service not in {offer.code for offer in offers},
            "reason": not self.reason,
            "strengths": not self.strengths,
            "urgency": self.urgency not in list(Urgency),
            "basis": self.basis not in list(Basis),
            "evidence": self.basis == Basis.CONSENT and not self.evidence,
            "law": self.basis in (Basis.PUBLIC_TASK, Basis.LEGAL_DUTY) and self.law not in LAWS,
        }
        found = {name: "missing" for name, lacks in lacking.items() if lacks}
        for name, longest in _LONGEST.items():
            value = getattr(self, name)
            if any(len(text) > longest for text in ([value] if isinstance(value, str) else value)):
                found[name] = "too_long"
        return found

    def to_new(self, offers: Iterable[ServiceOffer]) -> NewReferral:
        """Give the referral; the form must be without errors."""
        offer = next(offer for offer in offers if offer.code == self.service)
        consent = self.basis == Basis.CONSENT
        return NewReferral(
            case_id=self.case_id,
            to=offer.organisation,
            service=offer.code,
            life_domains=tuple(LifeDomain(code) for code in self.life_domains),
            reason=self.reason,
            client_words=self.client_words or None,
            strengths=self.strengths,
            share=tuple(SharedField(code) for code in self.share) if self.share is not None else None,
            urgency=Urgency(self.urgency),
            ground=Ground(
                basis=Basis(self.basis),
                purpose=Purpose(offer.purpose),
                law=None if consent or self.law not in LAWS else self.law,
                evidence=self.evidence or None,
            ),
        )


def as_far_as_it_is(form: ReferralForm, offers: Iterable[ServiceOffer]) -> NewReferral | None:
    """Give the referral that a half-filled form would make, for its preview; nothing before a service is chosen."""
    offers = tuple(offers)
    if form.service not in {offer.code for offer in offers}:
        return None
    urgency = form.urgency if form.urgency in list(Urgency) else Urgency.ROUTINE
    basis = form.basis if form.basis in list(Basis) else Basis.CONSENT
    return replace(form, urgency=urgency, basis=basis).to_new(offers)


def error_of(problem: FieldError) -> str:
    """Give the field of the form that a service's error belongs to."""
    return _PLACES.get(problem.field, problem.field)
