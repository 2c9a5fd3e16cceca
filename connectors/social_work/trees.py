"""Between XML and plain nodes, led by the shapes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from connectors.errors import Refusal, RefusalCode
from connectors.protocol import Loss
from connectors.social_work.codes import REFUSED, Family
from connectors.social_work.forms import Form
from connectors.social_work.shapes import Part, Shape

RETURN_CODES, RETURN_CODE = "RetourCodes", "RetourCode"


@dataclass(frozen=True, kw_only=True)
class Node:
    """An element with its texts and inner elements. ``path`` is its place in the message, ``codes`` its judgement."""

    path: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, tuple["Node", ...]] = field(default_factory=dict)
    codes: tuple[str, ...] = ()

    def text(self, name: str) -> str | None:
        """Give the text of an element, if there is one."""
        return self.texts.get(name)

    def inner(self, name: str) -> "Node":
        """Give the element of this name; an empty one where it is absent."""
        return next(iter(self.nodes.get(name, ())), Node(path=self.at(name)))

    def all(self, name: str) -> tuple["Node", ...]:
        """Give all elements of this name."""
        return self.nodes.get(name, ())

    def at(self, name: str) -> str:
        """Give the path of an element inside this one."""
        return f"{self.path}/{name}" if self.path else name


def node(**parts: "str | Node | Sequence[Node] | None") -> Node:
    """Give a node for writing; what is ``None`` is left out."""
    texts = {name: part for name, part in parts.items() if isinstance(part, str)}
    nodes = {name: (part,) for name, part in parts.items() if isinstance(part, Node)}
    lists = {name: tuple(part) for name, part in parts.items() if part and not isinstance(part, str | Node)}
    return Node(texts=texts, nodes=nodes | lists)


def broken(path: str, message: str, *, code: str = REFUSED) -> Refusal:
    """Give the refusal of a message at one place, with the return code for the answer."""
    return Refusal(RefusalCode.MALFORMED, message, field=path, dialect_code=code)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads elements by their shapes.

    Tolerant: order is free, what has no place with us is noted in ``losses`` and not looked into. Strict: nothing
    may be there that the standard doesn't name, each value as the standard wants it.
    """

    family: Family
    number: str
    strict: bool = False
    losses: list[Loss] = field(default_factory=list)

    def read(self, element: etree._Element, shape: Shape, path: str) -> Node:
        """Read one element; ``Refusal`` names the place of the first fault."""
        found = self._by_name(element, shape, path)
        texts: dict[str, str] = {}
        nodes: dict[str, tuple[Node, ...]] = {}
        for part in shape.parts:
            children = found.get(part.name, [])
            place = f"{path}/{part.name}"
            if part.lost and not self.strict:
                self._note(children, part, place)
            elif isinstance(part.holds, Shape):
                nodes[part.name] = tuple(self._inner(children, part, part.holds, place))
            elif (text := self._text(children, part, place)) is not None:
                texts[part.name] = text
        return Node(path=path, texts=texts, nodes={name: inner for name, inner in nodes.items() if inner})

    def _by_name(self, element: etree._Element, shape: Shape, path: str) -> dict[str, list[etree._Element]]:
        found: dict[str, list[etree._Element]] = {}
        own = (self.family.namespace(self.number), self.family.base_namespace)
        for child in element:
            name = etree.QName(child)
            if name.namespace in own and shape.part(name.localname):
                found.setdefault(name.localname, []).append(child)
            elif self.strict:
                raise broken(path, "There is an element that the standard doesn't name.")
            elif name.localname != RETURN_CODES:
                self.losses.append(Loss(field=f"{path}/*", why="an element that the standard doesn't name"))
        return found

    def _note(self, children: list[etree._Element], part: Part, path: str) -> None:
        if children and part.lost:
            self.losses.append(Loss(field=path, why=part.lost))

    def _inner(self, children: list[etree._Element], part: Part, shape: Shape, path: str) -> Iterator[Node]:
        _check_count(children, part, path)
        for index, child in enumerate(children, start=1):
            yield self.read(child, shape, f"{path}[{index}]" if part.many else path)

    def _text(self, children: list[etree._Element], part: Part, path: str) -> str | None:
        _check_count(children, part, path)
        if not children or isinstance(part.holds, Shape):
            return None
        if len(children[0]):
            raise broken(path, "There are elements where a plain value belongs.")
        text = (children[0].text or "").strip()
        if not text and not part.required and not self.strict:
            return None  # an empty element for something optional: the same as none
        if not part.holds.fits(text, self.family.name, strict=self.strict):
            raise broken(path, f"This is not a {part.holds.what} as the standard wants it.")
        return text


def _check_count(children: list[etree._Element], part: Part, path: str) -> None:
    if part.required and not children:
        raise broken(path, "A required element is missing.")
    if len(children) > 1 and not part.many:
        raise broken(path, "An element stands twice where one is allowed.")


def to_xml(form: Form, header: Node, content: Node | None) -> bytes:
    """Write a message: header and content in the order of the standard."""
    family, own = form.family, form.family.namespace(form.number)
    prefix = f"{family.prefix}{form.number}"
    root = etree.Element(f"{{{own}}}Bericht", nsmap={prefix: own, family.name: family.base_namespace})
    _fill(etree.SubElement(root, f"{{{own}}}Header"), form.header, header, form)
    part = form.content
    if content is not None and isinstance(part.holds, Shape):
        _fill(etree.SubElement(root, f"{{{own}}}{part.name}"), part.holds, content, form)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _fill(element: etree._Element, shape: Shape, content: Node, form: Form) -> None:
    own = form.family.namespace(form.number)
    namespace = form.family.base_namespace if shape.base else own
    for part in shape.parts:
        tag = f"{{{namespace}}}{part.name}"
        text = content.text(part.name)
        if text is not None:
            etree.SubElement(element, tag).text = text
        if isinstance(part.holds, Shape):
            for inner in content.all(part.name):
                _fill(etree.SubElement(element, tag), part.holds, inner, form)
    if form.is_retour and shape.judged and content.codes:
        codes = etree.SubElement(element, f"{{{own}}}{RETURN_CODES}")
        for code in content.codes:
            etree.SubElement(codes, f"{{{own}}}{RETURN_CODE}").text = code


def judge(content: Node, shape: Shape, codes: Mapping[str, str], rest: str) -> Node:
    """Give the same node with a return code on each judged class: its own by path, or that of the rest."""
    nodes = {
        part.name: tuple(judge(inner, part.holds, codes, rest) for inner in content.all(part.name))
        for part in shape.parts
        if isinstance(part.holds, Shape) and content.all(part.name)
    }
    own = (codes.get(content.path, rest),) if shape.judged else ()
    return replace(content, nodes=nodes, codes=own)


def judged_paths(content: Node, shape: Shape) -> Iterator[str]:
    """Give the path of each class that gets return codes."""
    if shape.judged:
        yield content.path
    for part in shape.parts:
        if isinstance(part.holds, Shape):
            for inner in content.all(part.name):
                yield from judged_paths(inner, part.holds)
