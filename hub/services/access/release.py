"""What of a message may leave for an organisation. The wall between health and the sanction side stands here too."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from hub.models import Referral
from hub.services.errors import Invalid
from hub.settings import Configuration
from schemas.message import Client, Coded, MessageData
from schemas.referral import NewReferral
from schemas.vocabulary import HEALTH_DOMAINS, Basis, Event, OrganisationKind, SharedField, Status

_NEVER_HEALTH = frozenset({OrganisationKind.WORK_AND_INCOME, OrganisationKind.REINTEGRATION})


def touches_health(config: Configuration, referral: Referral) -> bool:
    """Whether a referral is about health: by its life domains, or because GGZ has part in it."""
    return about_health(config, referral.life_domains, referral.sender, referral.receiver)


def about_health(config: Configuration, life_domains: Iterable[str], *organisations: str) -> bool:
    """Whether what is about these life domains, between these organisations, is about health."""
    if HEALTH_DOMAINS & frozenset(life_domains):
        return True
    parties = (config.organisation(code) for code in organisations)
    return any(party is not None and party.kind is OrganisationKind.MENTAL_HEALTH for party in parties)


def release_to(config: Configuration, receiver: str, referral: Referral, data: MessageData) -> MessageData:
    """Leave out what this organisation may not have, and what the sender chose not to share with the receiver.

    Of a referral about health, Work & Income and re-integration partners get the state alone; anyone else gets what
    GGZ tells about it only with consent (professional secrecy).
    """
    organisation = config.organisation(receiver)
    if receiver == referral.receiver:
        data = only(referral.shared, data)
    if organisation is None or not touches_health(config, referral):
        return data
    walled = organisation.kind in _NEVER_HEALTH
    if walled or (referral.basis != Basis.CONSENT and organisation.kind is not OrganisationKind.MENTAL_HEALTH):
        return replace(data, note=None, status_reason=None, outcome=None)
    return data


EVERYTHING = tuple(SharedField)
_OF_PERSON = frozenset(EVERYTHING[: EVERYTHING.index(SharedField.BSN) + 1])
# What people write freely: it may hold anything.
_WORDS = frozenset({SharedField.REASON, SharedField.CLIENT_WORDS, SharedField.STRENGTHS, SharedField.EVIDENCE})
# Where a service names no package: what the role that receives it needs (docs/consent.md).
_PACKAGES = {
    OrganisationKind.REINTEGRATION: tuple(field for field in EVERYTHING if field is not SharedField.BSN),
}
# The systems of codes of individual provisions.
ASSIGNED = frozenset({"iwmo", "ijw"})
# What a format can't do without; it is shared or the referral does not go this way.
_NEEDED: dict[str | None, dict[SharedField, str]] = {
    "social_work": {
        SharedField.BSN: "iWmo knows a client by the citizen service number.",
        SharedField.FAMILY_NAME: "iWmo can't name a client without a family name.",
    },
}


def needed(config: Configuration, receiver: str, service: str | None) -> dict[SharedField, str]:
    """Give the fields without which the receiver's format can't carry a referral, each with why.

    iWmo carries what is assigned: a service with a code of its own there. Any other goes as JSON, which needs none.
    """
    organisation = config.organisation(receiver)
    if organisation is None or organisation.transport is None or not is_assigned(config, service):
        return {}
    return _NEEDED.get(organisation.connector, {})


def is_assigned(config: Configuration, service: str | None) -> bool:
    """Whether a service is an individual provision that is assigned (iWmo, iJw), and no warm handover."""
    known = service_of(config, service)
    return known is not None and known.system in ASSIGNED


def package(config: Configuration, receiver: str, service: str | None) -> tuple[SharedField, ...]:
    """Give what is shared where the sender chose nothing: the package of the service, else of the kind of receiver."""
    known = config.services.get(service or "")
    if known is not None and known.shares is not None:
        return known.shares
    organisation = config.organisation(receiver)
    return _PACKAGES.get(organisation.kind, EVERYTHING) if organisation is not None else EVERYTHING


def tells_health_to_the_walled(config: Configuration, sender: str, new: NewReferral) -> bool:
    """Whether a new referral would tell Work & Income or a re-integration partner about health: no words go along."""
    kinds = [organisation.kind for code in (sender, new.to) if (organisation := config.organisation(code)) is not None]
    health = bool(HEALTH_DOMAINS & frozenset(new.life_domains)) or OrganisationKind.MENTAL_HEALTH in kinds
    return health and kinds[-1] in _NEVER_HEALTH


def chosen_fields(config: Configuration, sender: str, new: NewReferral) -> tuple[SharedField, ...]:
    """Give what a new referral shares; ``Invalid`` where the receiver's format needs what was left out."""
    chosen = package(config, new.to, new.service) if new.share is None else new.share
    for field, why in needed(config, new.to, new.service).items():
        if field not in chosen:
            raise Invalid(f"{field} must be shared with this receiver: {why}", field="share")
    if tells_health_to_the_walled(config, sender, new):  # whatever was chosen
        chosen = tuple(field for field in chosen if field not in _WORDS)
    return tuple(field for field in SharedField if field in chosen)


def only(shared: Collection[str] | None, data: MessageData) -> MessageData:
    """Leave out what was not chosen to be shared; nothing chosen, as before one could choose, is everything."""
    if shared is None:
        return data
    if data.ground is not None and SharedField.EVIDENCE not in shared:
        data = replace(data, ground=replace(data.ground, evidence=None))
    return replace(
        data,
        client=only_person(shared, data.client) if data.client is not None else None,
        reason=data.reason if SharedField.REASON in shared else None,
        client_words=data.client_words if SharedField.CLIENT_WORDS in shared else None,
        strengths=data.strengths if SharedField.STRENGTHS in shared else (),
    )


def only_person(shared: Collection[str] | None, person: Client) -> Client:
    """Leave out what of the person was not chosen to be shared."""
    if shared is None:
        return person
    return replace(person, **dict.fromkeys(_OF_PERSON.difference(shared)))


def content_for(organisation: str, referral: Referral) -> dict[str, Any]:
    """Give a referral's words as an organisation may read them: the receiver what was shared with it."""
    return {
        name: words
        for name, words in referral.content.items()
        if name in EVERYTHING
        and (organisation != referral.receiver or referral.shared is None or name in referral.shared)
    }


def domains_for(config: Configuration, organisation: str, referral: Referral) -> tuple[str, ...]:
    """Give the life domains of a referral as an organisation may know them: of health only who may know of health."""
    known = config.organisation(organisation)
    walled = known is not None and known.kind in _NEVER_HEALTH and organisation != referral.sender
    return tuple(domain for domain in referral.life_domains if not (walled and domain in HEALTH_DOMAINS))


def person_for(organisation: str, referrals: Iterable[Referral], person: Client) -> Client:
    """Give the client as an organisation knows him: who only received referrals has what these shared."""
    theirs = [one for one in referrals if organisation in (one.sender, one.receiver)]
    if not theirs or any(one.sender == organisation or one.shared is None for one in theirs):
        return person
    return only_person({field for one in theirs for field in one.shared or ()}, person)


def content_of(config: Configuration, sender: str, new: NewReferral, person: Client) -> MessageData:
    """Give what the receiver of a new referral gets: the message's content, and what its preview shows.

    Without the numbers of the referral, which it has once it is sent.
    """
    walled = tells_health_to_the_walled(config, sender, new)
    data = MessageData(
        event=Event.SEND,
        status=Status.SENT,
        client=person,
        service=service_of(config, new.service),
        life_domains=tuple(d for d in new.life_domains if not (walled and d in HEALTH_DOMAINS)),
        reason=new.reason,
        client_words=new.client_words,
        strengths=new.strengths,
        urgency=new.urgency,
        ground=new.ground,
    )
    return only(chosen_fields(config, sender, new), data)


def service_of(config: Configuration, code: str | None) -> Coded | None:
    """Give a service in the words of the receiver's dialect where it has a code there, else in ours."""
    service = config.services.get(code or "")
    if service is None:
        return None
    for system, theirs in service.codes.items():
        return Coded(code=theirs, system=system, text=service.name)
    return Coded(code=service.code, system="schakel", text=service.name)


def fields_of(data: MessageData) -> tuple[tuple[str, str], ...]:
    """Give what a message tells of person, help and ground, as (field, text) in the order of reading."""
    person, service, ground = data.client or Client(), data.service, data.ground
    told: list[tuple[str, str | None]] = [
        (field, getattr(person, field)) for field in EVERYTHING if field in _OF_PERSON
    ]
    if service is not None:
        told.append(("service", service.text or service.code))
    told += [
        ("life_domains", ", ".join(data.life_domains)),
        (SharedField.CLIENT_WORDS, data.client_words),
        (SharedField.REASON, data.reason),
        (SharedField.STRENGTHS, "; ".join(data.strengths)),
        ("urgency", data.urgency),
    ]
    if ground is not None:
        told += [("purpose", ground.purpose), ("basis", ground.basis), ("law", ground.law)]
        told.append((SharedField.EVIDENCE, ground.evidence))
    return tuple((str(field), str(text)) for field, text in told if text)
