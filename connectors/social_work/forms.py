"""Which message is which, and the header that each has."""

from dataclasses import dataclass

from connectors.social_work.codes import Family
from connectors.social_work.format import AGB, CONTENTS, DAY, MUNICIPALITY, UNSEEN, code
from connectors.social_work.shapes import Part, Shape, Value, base, judged, maybe, one, plain

VERSION = Value(what="version", pattern=r"(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})")
IDENTIFICATION = Value(what="identification", pattern=rf"(?=.*\S)[^{UNSEEN}]{{1,12}}")
_IDENTIFICATION = base(one("Identificatie", IDENTIFICATION), one("Dagtekening", DAY))
_VERSIONS = base(one("BasisschemaXsdVersie", VERSION), one("BerichtXsdVersie", VERSION))
_FROM_MUNICIPALITY = frozenset({"301", "319"})


@dataclass(frozen=True, kw_only=True)
class Form:
    """One message of one family. A return message has the number of the message it answers, plus one."""

    family: Family
    number: str

    @property
    def name(self) -> str:
        """The name people use, as ``WMO301``."""
        return f"{self.family.prefix.upper()}{self.number}"

    @property
    def is_retour(self) -> bool:
        """Whether this answers another message."""
        return self.number[-1] in "02468"

    @property
    def heen(self) -> "Form":
        """The message this answers, or itself."""
        return Form(family=self.family, number=str(int(self.number) - 1)) if self.is_retour else self

    @property
    def retour(self) -> "Form":
        """The message that answers this one."""
        return Form(family=self.family, number=str(int(self.heen.number) + 1))

    @property
    def from_municipality(self) -> bool:
        """Whether the municipality sends the message that this is, or that this answers."""
        return self.heen.number in _FROM_MUNICIPALITY

    @property
    def content(self) -> Part:
        """What stands beside the header."""
        return CONTENTS[self.family.name, self.heen.number]

    @property
    def header(self) -> Shape:
        """The header: a return message repeats that of the message it answers, sender and receiver unchanged.

        ``IdentificatieRetour`` is the return message's own identification (iJw 3.2, JW302.xsd, its annotations).
        """
        there, back = (MUNICIPALITY, AGB) if self.from_municipality else (AGB, MUNICIPALITY)
        parts = (
            one("BerichtCode", code("[0-9]{3}")),
            one("BerichtVersie", code("[0-9]{1,2}")),
            one("BerichtSubversie", code("[0-9]{1,2}")),
            one("Afzender", there),
            one("Ontvanger", back),
            one("BerichtIdentificatie", _IDENTIFICATION),
            one("XsdVersie", _VERSIONS),
        )
        if not self.is_retour:
            return plain(*parts)
        own = (one("IdentificatieRetour", IDENTIFICATION), one("DagtekeningRetour", DAY))
        return judged(*parts, *own, maybe("XsltVersie", VERSION), one("XsdVersieRetour", _VERSIONS))
