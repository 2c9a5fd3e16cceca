"""Who looks: a person or a system, in one role of one organisation."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who looks: a person or a system, in one role of one organisation, for one purpose.

    ``session_id`` is the session that it is bound to, where someone is signed in; ``manages`` says that this one may
    add and block people of the own organisation. ``proof`` is what a system asked its token with.
    """

    id: str
    name: str
    organisation: str
    organisation_name: str
    role: str
    purpose: str
    language: str = "nl"
    title: str = ""
    manages: bool = False
    session_id: str | None = None
    proof: str | None = None


def nobody(viewer: Viewer) -> Viewer:
    """Give someone in the same role of the same organisation who is nobody in particular."""
    return replace(viewer, id="", name="", title="", manages=False, session_id=None, proof=None)
