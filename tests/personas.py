"""The fixed people and organisations of the tests."""

from pathlib import Path

from hub.services.views.viewer import Viewer
from schemas.vocabulary import Purpose

SHARED = Path(__file__).parents[1].parent / "shared"


def person(username: str, name: str, organisation: str, organisation_name: str, role: str, purpose: str) -> Viewer:
    """Give someone who works somewhere."""
    return Viewer(
        id=username,
        name=name,
        organisation=organisation,
        organisation_name=organisation_name,
        role=role,
        purpose=purpose,
    )


MARLOES = person(
    "marloes", "Marloes Verhoeven", "wi-tilburg", "Werk & Inkomen Tilburg", "case_director", Purpose.GUIDANCE
)
PETER = person("peter", "Peter Adriaans", "wi-tilburg", "Werk & Inkomen Tilburg", "income_consultant", Purpose.INCOME)
NAIMA = person("naima", "Naima Bouzid", "mw-de-kade", "Maatschappelijk werk De Kade", "social_worker", Purpose.GUIDANCE)
ILSE = person("ilse", "Ilse Brands", "ggz-de-leij", "GGZ De Leij", "practitioner", Purpose.TREATMENT)
TOM = person("tom", "Tom van Riel", "de-spoel", "Leerwerkbedrijf De Spoel", "job_coach", Purpose.PLACEMENT)
BAS = person("bas", "Bas Kemps", "gemeente-tilburg", "Gemeente Tilburg", "functional_admin", Purpose.OPERATIONS)
WI_SYSTEM = person(
    "wi-tilburg", "Werk & Inkomen Tilburg", "wi-tilburg", "Werk & Inkomen Tilburg", "machine", Purpose.GUIDANCE
)
