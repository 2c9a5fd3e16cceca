"""How what a watcher gets is drawn: entries with the regions that they touch, and a snapshot of the page."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hub.services.access.referral_lines import line_body
from hub.services.cases.case_entries import entry_body
from hub.services.views.case import CaseView, EntryView
from hub.services.views.viewer import Viewer
from schemas.vocabulary import ItemKind


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How entries and pages become HTML; given by the application, so that live knows no templates."""

    entry: Callable[[EntryView, Viewer], str]
    touched: Callable[[CaseView, Iterable[ItemKind], Viewer], str]
    regions: Callable[[CaseView, Viewer], dict[str, str]]
    viewer_of_token: Callable[[str], Viewer | None]

    def snapshot(self, view: CaseView, viewer: Viewer) -> dict[str, Any]:
        """Give all of a page that may change."""
        return {
            "regions": self.regions(view, viewer),
            "referrals": [line_body(line) for line in view.referrals],
            "withheld": [{"what": one.what, "rule": one.rule} for one in view.withheld],
        }

    def entries(self, entries: Sequence[EntryView], view: CaseView | None, viewer: Viewer) -> list[dict[str, Any]]:
        """Draw entries in order; the last brings the regions that show what was written down in any of them."""
        drawn = [{**entry_body(entry), "html": self.entry(entry, viewer)} for entry in entries]
        kinds = {entry.item.kind for entry in entries if entry.item is not None}
        if kinds and view is not None:
            drawn[-1]["html"] += self.touched(view, kinds, viewer)
        return drawn
