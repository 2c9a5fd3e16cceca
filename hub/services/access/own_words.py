"""What the organisations of a referral call its state in their own systems, so that people understand each other."""

from connectors.own_words import HasOwnWords
from connectors.registry import connector
from hub.models import Referral
from hub.services.access.release import service_of
from hub.settings import Configuration
from schemas.vocabulary import Status


def own_words(config: Configuration, referral: Referral) -> tuple[tuple[str, str, str], ...]:
    """Give organisation, its word, and where that word stands; nothing of who has no system, or no word for it."""
    found = []
    for code in (referral.receiver, referral.sender):
        organisation = config.organisation(code)
        if organisation is None or organisation.connector is None:
            continue
        dialect = connector(organisation.connector)
        if not isinstance(dialect, HasOwnWords):
            continue
        service = service_of(config, referral.service) if code == referral.receiver else None
        said = dialect.own_word(Status(referral.status), organisation.dialect, service.system if service else None)
        if said is not None:
            found.append((organisation.name, said.word, said.where))
    return tuple(found)
