"""Whoever works at the command line: of this person is only known that they may work on the machine."""

from hub.rules.audit import Deed
from hub.services.record import audit
from hub.services.views.viewer import Viewer
from hub.settings import Configuration
from hub.store.database import UnitOfWork


def operator() -> Viewer:
    """Give the one at the command line."""
    return Viewer(
        id="command-line",
        name="opdrachtregel",
        organisation="schakel",
        organisation_name="Schakel",
        role="functional_admin",
        purpose="operations",
    )


def write_down(
    work: UnitOfWork,
    config: Configuration,
    deed: Deed,
    *objects: str,
    case_id: str | None = None,
    detail: str | None = None,
) -> None:
    """Write down what is done from the command line, in the same unit of work."""
    entry = audit.Entry(viewer=operator(), deed=deed, case_id=case_id, objects=objects, detail=detail)
    audit.write(work, audit.occasion(config, "command"), [entry])
