"""Make the mutants of a module: its syntax tree with one small thing changed."""

import ast
import copy
from collections.abc import Iterator

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.LtE: (ast.Lt, ast.GtE),
}


def _is_words(node: ast.AST) -> bool:
    """Tell whether a statement is a docstring; words for people decide nothing, in a reason or a title neither."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _changes(node: ast.AST) -> Iterator[ast.AST | None]:  # noqa: PLR0912 - one branch for each kind of change
    """Give what may stand in a node's place."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(left=node.left, ops=[other()], comparators=node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(op=ast.Or() if isinstance(node.op, ast.And) else ast.And(), values=node.values)
        for at in range(len(node.values)):
            rest = node.values[:at] + node.values[at + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(op=node.op, values=rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Lambda):
        yield ast.Lambda(args=node.args, body=ast.Constant(value=True))
        yield ast.Lambda(args=node.args, body=ast.Constant(value=False))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.Sub):
        yield node.left
        if isinstance(node.op, ast.BitOr):
            yield node.right
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(value=not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.replace("_", "").isalnum():
        yield ast.Constant(value=f"{node.value}?")
    elif isinstance(node, ast.Set | ast.Tuple) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        for at in range(len(node.elts)):
            rest = node.elts[:at] + node.elts[at + 1 :]
            if rest or isinstance(node, ast.Tuple):
                yield type(node)(elts=rest, **({"ctx": ast.Load()} if isinstance(node, ast.Tuple) else {}))
    elif isinstance(node, ast.If):
        yield ast.If(test=ast.Constant(value=True), body=node.body, orelse=node.orelse)
        yield ast.If(test=ast.Constant(value=False), body=node.body, orelse=node.orelse)


def mutants(source: str) -> Iterator[tuple[str, ast.Module]]:
    """Give every mutant of a module with a name that says where and what."""
    tree = ast.parse(source)
    for number, node in enumerate(_nodes(tree)):
        for change in _changes(node):
            mutant = copy.deepcopy(tree)
            target = _nodes(mutant)[number]
            _replace(mutant, target, change)
            line = getattr(node, "lineno", 0)
            said = f"line {line}: {ast.unparse(node)[:70]} -> {ast.unparse(change)[:70] if change else 'gone'}"
            yield said, ast.fix_missing_locations(mutant)


def _nodes(tree: ast.Module) -> list[ast.AST]:
    """Give the nodes that decide: no docstrings, no type annotations, no imports."""
    found: list[ast.AST] = []

    def walk(node: ast.AST) -> None:
        if _is_words(node) or isinstance(node, ast.Import | ast.ImportFrom):
            return
        found.append(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "args", "bases", "keywords") and not isinstance(
                node, ast.Call
            ):
                continue
            if isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
            ):
                return
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.keyword) and child.arg == "dutch":
                    continue
                if isinstance(child, ast.AST):
                    walk(child)

    walk(tree)
    return found


def _replace(tree: ast.Module, target: ast.AST, change: ast.AST | None) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, change)
                return
            if isinstance(value, list) and any(child is target for child in value):
                setattr(parent, name, [change if child is target else child for child in value if child is not None])
                return
