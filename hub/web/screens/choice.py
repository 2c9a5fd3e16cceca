"""Choosing a service by need: what is on offer, and what of it fits what was asked for."""

from dataclasses import dataclass

from hub.services.views.referral import ServiceOffer
from hub.web.screens.referral_form import PRACTICAL, ReferralForm
from hub.web.words.words import PURPOSES
from schemas.vocabulary import Purpose


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The services as the page offers them. ``known`` names the organisations that the client knows already."""

    offers: tuple[ServiceOffer, ...]
    form: ReferralForm
    known: frozenset[str] = frozenset()

    def shown(self, offer: ServiceOffer) -> bool:
        """Whether a service stands on the page: what fits, what was chosen, and all of it where that was asked."""
        want = self.form.want
        wanted = want.everything or want.fits(offer, self.form.life_domains)
        return wanted or offer.code in self.form.services

    @property
    def needs(self) -> list[tuple[str, str]]:
        """Give the kinds of help that are on offer, with their words; practical help is the first."""
        purposes = {offer.purpose for offer in self.offers}
        return [(str(code), PURPOSES[code]) for code in PURPOSES if code in purposes]

    @property
    def has_practical(self) -> bool:
        """Whether anyone gives practical help."""
        return any(offer.practical for offer in self.offers)

    @property
    def hidden(self) -> int:
        """How many services fit less and are not shown."""
        return sum(not self.shown(offer) for offer in self.offers)

    def for_need(self, offer: ServiceOffer) -> str:
        """Give by which needs a service is found, for the script that filters without the hub."""
        return " ".join([Purpose(offer.purpose), *([PRACTICAL] if offer.practical else [])])
