"""What of a message may leave for an organisation. The wall between health and the sanction side stands here too."""

from dataclasses import replace

from hub.models import Referral
from hub.settings import Configuration
from schemas.message import MessageData
from schemas.vocabulary import HEALTH_DOMAINS, Basis, OrganisationKind

_NEVER_HEALTH = frozenset({OrganisationKind.WORK_AND_INCOME, OrganisationKind.REINTEGRATION})


def touches_health(config: Configuration, referral: Referral) -> bool:
    """Whether a referral is about health: by its life domains, or because GGZ has part in it."""
    if HEALTH_DOMAINS & frozenset(referral.life_domains):
        return True
    parties = (config.organisation(referral.sender), config.organisation(referral.receiver))
    return any(party is not None and party.kind is OrganisationKind.MENTAL_HEALTH for party in parties)


def release_to(config: Configuration, receiver: str, referral: Referral, data: MessageData) -> MessageData:
    """Leave out what this organisation may not have.

    Of a referral about health, Work & Income and re-integration partners get the state alone; anyone else gets what
    GGZ tells about it only with consent (professional secrecy).
    """
    organisation = config.organisation(receiver)
    if organisation is None or not touches_health(config, referral):
        return data
    walled = organisation.kind in _NEVER_HEALTH
    if walled or (referral.basis != Basis.CONSENT and organisation.kind is not OrganisationKind.MENTAL_HEALTH):
        return replace(data, note=None, status_reason=None, outcome=None)
    return data
