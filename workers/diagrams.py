"""Write the pages of docs/ that are made from the tables of the rules: ``python -m workers.diagrams``.

The tables are the truth. Nothing here decides; a test compares the pages with what this would write.
"""

import ast
import datetime as dt
import inspect
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from hub.rules import access, access_tables, lifecycle, retries
from hub.rules.lifecycle import ENDED, OPEN, RETRACTIONS, TRANSITIONS, TURNS, Part
from schemas.vocabulary import Delivery, Status, Urgency
from workers import register

Word = TypeVar("Word", bound=str)

DOCS = Path(__file__).resolve().parent.parent / "docs"
_MADE = "<!-- Made by `python -m workers.diagrams`. Change the tables in hub/rules, not this page. -->"
# A row with more sources than this would hide the rest of the drawing; it stands in the table below it.
_DRAWN_SOURCES = 3

_PARTS = {
    Part.SENDER: "the organisation that refers",
    Part.RECEIVER: "the organisation that is asked",
    Part.REGISSEUR: "the case director of the client (klantregisseur)",
    Part.PRIVACY_OFFICER: "the privacy officer of the municipality",
    Part.SYSTEM: "Schakel itself",
}
_DELIVERY = {
    Delivery.WAITING: "It will be tried, now or at the date that the row names.",
    Delivery.UNDER_WAY: "It was given to the broker; the receipt of the connector is awaited.",
    Delivery.DELIVERED: "The partner's server took it (technical receipt), or it stands on the partner's screen here.",
    Delivery.PROCESSED: "The partner's system understood it (functional receipt).",
    Delivery.REFUSED: "The partner's system took it and refused it, or a person closed the row with a reason.",
    Delivery.UNKNOWN: "The line broke after sending: the partner may have it. It goes again with the same id.",
    Delivery.QUARANTINED: "Trying again does not help, or five days passed. It waits for a person and holds its lane.",
}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _in_order(words: Iterable[Word], order: Iterable[Word]) -> list[Word]:
    found = set(words)
    return [word for word in order if word in found]


# The life of a referral ---------------------------------------------------------------------------------------------


def drawing() -> str:
    """Give the state diagram; events that can come from almost anywhere are left to the table."""
    labels: defaultdict[tuple[Status, Status], list[str]] = defaultdict(list)
    for row in TRANSITIONS:
        if len(row.sources) <= _DRAWN_SOURCES:
            for source in _in_order(row.sources, Status):
                labels[source, row.target].append(row.event)
    lines = ["stateDiagram-v2", "    direction TB", f"    [*] --> {Status.DRAFT}"]
    lines += [f"    {source} --> {target}: {', '.join(events)}" for (source, target), events in labels.items()]
    ends = [target for _source, target in labels if target in ENDED]
    lines += [f"    {end} --> [*]" for end in _in_order(ends, Status)]
    return "\n".join(lines)


def _events() -> str:
    rows = []
    for row in TRANSITIONS:
        sources = "every open state" if row.sources == OPEN else _listed(_in_order(row.sources, Status))
        reason = "yes" if row.needs_reason else ""
        rows.append((f"`{row.event}`", sources, f"`{row.target}`", _listed(_in_order(row.by, Part)), reason))
    return _table(("Event", "From", "To", "Who may", "Needs a reason"), rows)


def _retractions() -> str:
    rows = []
    for row in RETRACTIONS:
        before = _listed(_in_order(row.back_to, Status))
        rows.append((f"`{row.event}`", f"`{row.source}`", before, _listed(_in_order(row.by, Part))))
    return _table(("Step", "Taken back in", "Back to the state before", "By"), rows)


def _turns() -> str:
    rows = []
    for status in _in_order(TURNS, Status):
        days = []
        for urgency in Urgency:
            asked = lifecycle.turn(status, urgency)
            assert asked is not None  # it stands in the table
            days.append(str(asked.working_days) if asked.working_days else "4 hours")
        usual = TURNS[status]
        rows.append((f"`{status}`", f"`{usual.who}`", usual.what.replace("_", " "), *days))
    return _table(("State", "Whose turn", "For what", *(str(urgency) for urgency in Urgency)), rows)


class _Even(random.Random):
    """Dice that always fall in the middle: the schedule without its spread."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def _span(wait: dt.timedelta) -> str:
    seconds = int(wait.total_seconds())
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count = seconds // size
        if count and (seconds % size == 0 or count > 1):
            return f"{count} {word}{'s' if count > 1 else ''}"
    return "at once"


def _schedule() -> str:
    rows, since, tried = [], dt.timedelta(), 0
    while since <= retries.HORIZON:
        wait = retries.delay_after(tried, jitter=_Even())
        since += wait
        tried += 1
        rows.append((str(tried), _span(wait), f"{since.total_seconds() / 3600:.1f} h"))
    return _table(("Try", "After waiting", "Since the first"), rows)


# Longer than others, for it is one text: a page is read best in one piece.
def lifecycle_page() -> str:
    """Give docs/lifecycle.md."""
    wide = _listed(row.event for row in TRANSITIONS if len(row.sources) > _DRAWN_SOURCES)
    return f"""{_MADE}

# The life of a referral

Three axes, never mixed. The **state** is what people decided. The **delivery** is what systems did with a message. The
**outcome** is what the help led to. A fault of delivery never changes the state.

## The state

```mermaid
{drawing()}
```

Not drawn, because they can come from many states: {wide}. The next table has them all. The ends are
{_listed(_in_order(ENDED, Status))}.
An end is final: after it only `reopen` (of `completed`) and `mark_error` are possible.

What is sent to several services at once (at most three) is as many referrals in one bundle, each with its own ground.
The first `accept` gets it: the others that are still open are withdrawn in the same transaction, for their sender and
with the reason `elsewhere`. Who accepted is told to no other receiver. An `undo_accept` brings none of them back.

{_events()}

{_table(("Part", "Who that is"), ((f"`{part}`", _PARTS[part]) for part in Part))}

A message of a partner may prove an earlier step without saying so. Only {_listed(lifecycle.INFERABLE)} are ever
inferred; they are recorded as inferred, and shown as such. Nobody's decision is ever inferred but these.

A step that was told by mistake can be taken back by who told it, while nothing was told after it. The state is then the
one before that step, and the timeline tells both. There is no button for it: a partner's system says it (iWmo,
StatusAanlevering 3).

{_retractions()}

Whoever may see only that something runs, sees `running` for an open state, `not_running` for
{_listed(status for status in Status if lifecycle.masked(status) == "not_running")}, and `finished` for every other end.

## Whose turn it is

Every open state has exactly one owner, and a clock in Dutch working days. The columns are the urgency of the referral.
When the clock runs out the timeline says so, once. Nothing is ever accepted, declined or closed because time passed.
That help was looked at together is no event, and no message tells it: who reviews says so, and the clock starts anew.

{_turns()}

## The delivery

{_table(("Delivery", "What it says"), ((f"`{one}`", _DELIVERY[one]) for one in Delivery))}

## When a delivery is tried again

Each wait is spread by at most {retries.JITTER:.0%} either way, and is never shorter than the partner asked for with
`Retry-After`. The monitor shows a connection as slow when its oldest message is {_span(retries.AMBER_AFTER)} old,
and as down after {_span(retries.RED_AFTER)}. A try that fails more than {_span(retries.HORIZON)} after the first puts
the message before a person. It is kept, and the later messages of its lane wait behind it.

{_schedule()}
"""


# Who may see what ---------------------------------------------------------------------------------------------------


def _expressions() -> dict[tuple[str, int], str]:
    """Give the condition of each rule as it is written, by its block and place."""
    found: dict[tuple[str, int], str] = {}
    for call in ast.walk(ast.parse(inspect.getsource(access))):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Block"):
            continue
        title, _about, rules = call.args
        assert isinstance(title, ast.Constant)
        assert isinstance(rules, ast.Tuple)
        for place, rule in enumerate(rules.elts):
            assert isinstance(rule, ast.Call)
            found[str(title.value), place] = _condition(rule.args[1])
    return found


def _condition(node: ast.expr) -> str:
    if isinstance(node, ast.Lambda):
        return f"`{ast.unparse(node.body)}`"
    assert isinstance(node, ast.Name)
    return "*else*" if node.id == "always" else _said(getattr(access, node.id))


def _said(function: Callable[..., object]) -> str:
    text = inspect.getdoc(function) or function.__name__
    return text.partition(".")[0].removeprefix("Tell whether ").strip()


def _block(block: access.Block, conditions: dict[tuple[str, int], str]) -> str:
    rows = []
    for place, rule in enumerate(block.rules):
        shows = "deny" if rule.mask is None else f"allow: {_said(rule.mask)[0].lower()}{_said(rule.mask)[1:]}"
        why = access.reason(rule.id)
        rows.append((rule.id, conditions[block.title, place], shows, why.en, why.nl))
    return f"### {block.title}\n\n{_table(('Rule', 'Where', 'Answer', 'Reason', 'On screen'), rows)}"


def _roles() -> str:
    rows = []
    for code, row in access_tables.ROLES.items():
        lists = [sorted(words) for words in (row.organisations, row.purposes, row.own, row.received)]
        rows.append((f"`{code}`", row.dutch, *(_listed(words) or "none" for words in lists)))
    return _table(("Role", "In Dutch", "At", "For", "Needs of own data", "Needs of others' data"), rows)


def _grounds() -> str:
    rows = []
    for purpose, pairs in access_tables.GROUNDS.items():
        grounds = [f"`{basis}`" + (f" by `{law}`" if law else "") for basis, law in sorted(pairs)]
        rows.append((f"`{purpose}`", ", ".join(grounds) or "none, ever"))
    return _table(("Purpose", "Grounds that carry it"), rows)


def access_page() -> str:
    """Give docs/access.md."""
    conditions = _expressions()
    blocks = "\n\n".join(_block(block, conditions) for block in access.BLOCKS)
    return f"""{_MADE}

# Who may see what, and why

One ordered table of rules. Read it from top to bottom: the first rule that applies decides. Each block is about certain
people or a certain circumstance; *else* is what is left of its block. What no rule allows is denied (`D00`). Nothing
below the walls opens them: no consent, no emergency and no administrator. The views of a case and of a referral ask
this table, and every live push asks it again; the answer names the rule. `q` is the question: who asks, in which role,
for which purpose, with which tie to the client, on which ground, about which kind of data.

The table knows more than this version uses: the client and the representative have no account yet. What they may see is
decided here all the same; a client gets it as a file ([rights.md](rights.md)).

Try it on questions of your own: `schakel access decide FILE` reads a CSV table of questions and prints the answers;
`schakel access who-can` tries everything that may be so of one person and one kind of data.

## The rules

{blocks}

## The roles

{_roles()}

## The grounds

{_grounds()}
"""


PAGES: dict[str, Callable[[], str]] = {
    "lifecycle.md": lifecycle_page,
    "access.md": access_page,
    "processing.md": register.page,
}


def main() -> None:
    """Write the pages."""
    DOCS.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
