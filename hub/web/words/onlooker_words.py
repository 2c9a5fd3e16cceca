"""Who sees what of a client, in words: the part that an organisation sees, and what nobody there ever sees."""

from hub.rules.access import reason
from hub.services.views.case import Onlooker
from hub.web.translations import gettext, language
from hub.web.words.words import LIFE_DOMAINS
from schemas.vocabulary import LifeDomain

_NAMED = 4
"""Of so many life domains each is named; of more the others are counted."""
_ALWAYS = ("D08", "D02", "D01")


def sees_words(one: Onlooker) -> str:
    """Give what an organisation sees in a sentence or two."""
    if not one.sees:
        return gettext("Niets.")
    if one.sees == ("status",):
        return gettext("Alleen dat er een verwijzing is, en hoe het daarmee staat.")
    parts = [_domains(one)] if "plan" in one.sees else []
    if "talk" in one.sees:
        parts.append(gettext("Het gesprek."))
    if "appointments" in one.sees:
        parts.append(gettext("Afspraken in de agenda."))
    if not one.health:
        parts.append(gettext("Geen gezondheid."))
    return " ".join(parts)


def _domains(one: Onlooker) -> str:
    if len(one.domains) == len(LifeDomain):
        return gettext("Plan en leefgebieden: alle.")
    names = [LIFE_DOMAINS[code][0] for code in one.domains]
    if len(names) > _NAMED:
        return gettext("Plan en leefgebieden: %(num)s van de %(all)s.", num=len(names), all=len(LifeDomain))
    return gettext("Plan en leefgebieden: %(names)s.", names=", ".join(names))


def never_words() -> str:
    """Give the walls that nothing opens, each as the policy says it."""
    return " ".join(str(getattr(reason(rule), language())) for rule in _ALWAYS)
