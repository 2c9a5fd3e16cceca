"""Every question of the policy at once: follow each path through its rules, splitting values only where a rule looks.

A question here holds for each field the set of values it may still have. When a rule compares a field, the set falls in
two and each half is followed. So a path stands for all the questions that no rule tells apart, and the paths together
are the whole product: their sizes add up to it, which the tests check.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hub.rules import access, access_conditions, access_question, access_tables
from hub.rules.access_question import Question
from hub.rules.access_tables import Action, BasisState, Category, Flag, Law, Relation, RelationState, Role
from schemas.vocabulary import Basis, LifeDomain, Purpose

KINDS = sorted(access_tables.ACTOR_KINDS)
VALUES: dict[str, tuple[Any, ...]] = {
    "actor_org": (*KINDS, ""),
    "actor_role": (*Role, ""),
    "actor_purpose": (*Purpose, ""),
    "relation": (*Relation, ""),
    "relation_state": (*RelationState, ""),
    "legal_basis": (*Basis, "none", ""),
    "law": (*Law, "none", ""),
    "basis_state": (*BasisState, "none", ""),
    "owner_org": (*KINDS, ""),
    "origin_purpose": (*Purpose, ""),
    "life_domain": (*LifeDomain, ""),
    "data_category": tuple(Category),
    "action": tuple(Action),
    "in_scope": (True, False),
    "recipient_org": (*KINDS, ""),
    "recipient_role": (*Role, ""),
    "recipient_purpose": (*Purpose, ""),
}
FLAGS = tuple(Flag)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


class Path:
    """One way through the rules: what was chosen at each split, and what is left of every field."""

    def __init__(self, choices: list[bool], left: dict[str, list[Any]]) -> None:
        self.left = dict(left)
        self.flags: dict[str, bool] = {}
        self.choices, self.taken = choices, 0

    def choose(self) -> bool:
        """Take the next choice; a new split takes its yes-half first."""
        if self.taken == len(self.choices):
            self.choices.append(True)
        self.taken += 1
        return self.choices[self.taken - 1]

    def split(self, name: str, belongs: Callable[[Any], bool]) -> bool:
        """Tell whether what is left of a field belongs; where it is mixed, follow one half."""
        values = self.left[name]
        inside = [value for value in values if belongs(value)]
        if len(inside) in (0, len(values)):
            return bool(inside)
        answer = self.choose()
        self.left[name] = inside if answer else [value for value in values if not belongs(value)]
        return answer

    def flag(self, name: str) -> bool:
        """Tell whether a flag is set; one that was not looked at falls in two."""
        if name not in self.flags:
            self.flags[name] = self.choose()
        return self.flags[name]

    def settle(self, name: str) -> Any:
        """Follow one value alone, where a rule looks something up by it."""
        while len(self.left[name]) > 1:
            first = self.left[name][0]
            self.split(name, lambda value, first=first: value == first)  # type: ignore[misc]
        return self.left[name][0]

    def size(self) -> int:
        """Give how many questions this path stands for."""
        count = 2 ** (len(FLAGS) - len(self.flags))
        for values in self.left.values():
            count *= len(values)
        return count


class Value:
    """A field of a question: the set of values that its path has left."""

    __slots__ = ("name", "path")

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Value):
            if other.name == self.name:
                return True
            other = other.path.settle(other.name)
        return self.path.split(self.name, lambda value: value == other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.path.settle(self.name))

    def __bool__(self) -> bool:
        return self.path.split(self.name, bool)


class Flags:
    """The flags of a question: each one looked up falls in two; some may be set or taken away by the rules."""

    def __init__(self, path: Path, changed: dict[str, bool] | None = None) -> None:
        self.path, self.changed = path, changed or {}

    def __contains__(self, flag: str) -> bool:
        known = self.changed.get(str(flag))
        return self.path.flag(str(flag)) if known is None else known

    def __sub__(self, gone: Iterable[str]) -> "Flags":
        return Flags(self.path, {**self.changed, **{str(flag): False for flag in gone}})

    def __or__(self, more: Iterable[str]) -> "Flags":
        return Flags(self.path, {**self.changed, **{str(flag): True for flag in more}})

    def __le__(self, _known: object) -> bool:
        return True  # only known flags are followed


class Watched(frozenset):  # type: ignore[type-arg]
    """A set of the policy that splits what is looked for instead of hashing it."""

    def __contains__(self, item: object) -> bool:
        if isinstance(item, Value):
            return item.path.split(item.name, lambda value: frozenset.__contains__(self, value))
        if isinstance(item, tuple) and any(isinstance(part, Value) for part in item):
            return any(all(part == want for part, want in zip(item, one, strict=True)) for one in sorted(self))
        return frozenset.__contains__(self, item)


class Paths:
    """The policy with its sets watched, and the questions that go through it."""

    def __init__(self, patch: Callable[[Any, str, Any], None]) -> None:
        for module in (access_tables, access_question, access_conditions, access):
            for name, value in list(vars(module).items()):
                if type(value) is frozenset:
                    patch(module, name, Watched(value))
        roles = {
            name: access_tables.RoleRow(
                dutch=row.dutch,
                organisations=Watched(row.organisations),
                purposes=Watched(row.purposes),
                own=Watched(row.own),
                received=Watched(row.received),
            )
            for name, row in access_tables.ROLES.items()
        }
        grounds = {purpose: Watched(pairs) for purpose, pairs in access_tables.GROUNDS.items()}
        patch(access_question, "ROLES", roles)
        patch(access_question, "GROUNDS", grounds)
        patch(access, "decide", access.judge)
        patch(access, "replace", lambda q, **changes: changed(q, changes))

    def follow(
        self, judge: Callable[["AnyQuestion"], Any], fixed: dict[str, tuple[Any, ...]]
    ) -> Iterator[tuple[Path, Any]]:
        """Follow every path of the product within ``fixed``; give each with what ``judge`` made of it."""
        choices: list[bool] = []
        left = {name: [_plain(value) for value in fixed.get(name, values)] for name, values in VALUES.items()}
        while True:
            path = Path(choices, left)
            yield path, judge(AnyQuestion(path))
            while choices and not choices[-1]:
                choices.pop()
            if not choices:
                return
            choices[-1] = False


class AnyQuestion(Question):
    """A question whose fields are not chosen yet; the rules read it like any other."""

    def __init__(self, path: Path) -> None:
        for name in VALUES:
            object.__setattr__(self, name, Value(path, name))
        object.__setattr__(self, "flags", Flags(path))

    __hash__ = object.__hash__


def changed(q: Question, changes: dict[str, Any]) -> "AnyQuestion":
    """Give a question with some fields changed, on the same path."""
    copy = object.__new__(AnyQuestion)
    for name in (*VALUES, "flags"):
        object.__setattr__(copy, name, changes.get(name, getattr(q, name)))
    return copy


def one_of(path: Path, pick: Callable[[list[Any]], Any]) -> dict[str, Any]:
    """Give one plain question that a path stands for."""
    chosen = {name: pick(values) for name, values in path.left.items()}
    flags = {flag for flag in FLAGS if path.flags.get(str(flag), pick([True, False]))}
    return {**chosen, "flags": frozenset(str(flag) for flag in flags)}


def product(fixed: dict[str, tuple[Any, ...]]) -> int:
    """Give how many questions there are within ``fixed``."""
    count = 2 ** len(FLAGS)
    for name, values in VALUES.items():
        count *= len(fixed.get(name, values))
    return count
