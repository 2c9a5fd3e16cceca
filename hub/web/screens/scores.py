"""The life domains, discussed anew: several scores at once, each a line of its own in what was written down."""

from flask import Blueprint, abort, g, redirect, request
from flask.typing import ResponseReturnValue

from hub.rules.audit import Deed
from hub.services.cases import items
from hub.web.desk import desk
from hub.web.drawing import case_path
from schemas.items import NewItem
from schemas.vocabulary import ItemKind, LifeDomain

slice_ = Blueprint("scores", __name__)


@slice_.post("/inwoners/<case_id>/leefgebieden")
def score(case_id: str) -> ResponseReturnValue:
    """Write down the scores that were chosen, in one unit of work; what was not chosen stays as it was."""
    asked = _asked()
    with desk().changing(g.viewer, Deed.ITEM_WRITE, case_id=case_id) as work:
        for new in asked:
            items.add(work, desk().config, g.viewer, case_id, new)
    return redirect(f"{case_path(case_id)}#leefgebieden", 303)


def _asked() -> list[NewItem]:
    new = []
    for domain in LifeDomain:
        chosen = request.form.get(f"score-{domain}", "")
        note = request.form.get(f"note-{domain}", "").strip()
        if not chosen:
            continue
        if chosen not in ("1", "2", "3", "4", "5"):
            abort(422)
        words = {"score": int(chosen), **({"note": note} if note else {})}
        new.append(NewItem(kind=ItemKind.SCORE, content=words, life_domains=(domain,)))
    return new
