"""The resources of one payload and the references between them (R4, "Resolving references in Bundles")."""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.mental_health.format import BUNDLES, CARRIERS
from connectors.mental_health.node import Node, malformed, not_allowed

MAX_CARRIERS = 20


@dataclass(frozen=True, kw_only=True)
class Graph:
    """What a payload holds. References are followed one step at a time, never in a chain: a circle can't hold us."""

    root: Node
    resources: tuple[Node, ...]
    by_reference: dict[str, Node]
    by_identifier: dict[tuple[str | None, str | None], Node]

    def of_type(self, *types: str) -> tuple[Node, ...]:
        """The resources of these types, in the order of the payload."""
        return tuple(resource for resource in self.resources if resource.type in types)

    def resolve(self, reference: Node | None, holder: Node) -> Node | None:
        """Find what a reference means: contained, by address, by type and id, or by identifier."""
        if reference is None:
            return None
        literal = reference.text("reference")
        if literal and literal.startswith("#"):
            return next((inner for inner in holder.many("contained") if inner.text("id") == literal[1:]), None)
        if literal:
            literal = literal.split("/_history/")[0]
            return self.by_reference.get(literal) or self.by_reference.get("/".join(literal.split("/")[-2:]))
        return self._by_identifier(reference.one("identifier"))

    def _by_identifier(self, wanted: Node | None) -> Node | None:
        if wanted is None or not wanted.text("value"):
            return None
        return self.by_identifier.get((wanted.text("system"), wanted.text("value")))


def graph_of(root: Node) -> Graph:
    """Lay out a resource, or all resources of a Bundle."""
    if root.type != "Bundle":
        return Graph(root=root, resources=(root,), by_reference=dict(_keys(root, None)), by_identifier={})
    kind = root.text("type")
    if kind not in BUNDLES:
        raise not_allowed("A Bundle of this type carries no message.", "Bundle.type", "not-supported")
    resources: list[Node] = []
    by_reference: dict[str, Node] = {}
    for entry in root.many("entry"):
        resource = _resource(entry)
        if resource is None:
            continue
        resources.append(resource)
        for key, node in _keys(resource, entry.text("fullUrl")):
            if key in by_reference and by_reference[key].value != node.value:
                raise malformed("Two resources of the Bundle have one address.", entry.at("fullUrl"), "duplicate")
            by_reference[key] = node
    kinds = [resource.type for resource in resources]
    if any(kinds.count(carrier) > MAX_CARRIERS for carrier in CARRIERS):
        text = f"More than {MAX_CARRIERS} referrals in one Bundle; it is about one client."
        raise malformed(text, "Bundle.entry", "too-costly")
    by_identifier = {
        (identifier.text("system"), identifier.text("value")): resource
        for resource in reversed(resources)
        for identifier in resource.many("identifier")
    }
    return Graph(root=root, resources=tuple(resources), by_reference=by_reference, by_identifier=by_identifier)


def _resource(entry: Node) -> Node | None:
    request = entry.one("request")
    if request is not None and request.text("method") in ("DELETE", "PATCH"):
        raise not_allowed("Nothing is deleted or patched by message here.", request.at("method"), "not-supported")
    resource = entry.one("resource")
    if resource is not None and not resource.type:
        raise malformed("A resource names no resourceType.", resource.at("resourceType"))
    return resource


def _keys(resource: Node, full_url: str | None) -> Iterator[tuple[str, Node]]:
    own_id = resource.text("id")
    if own_id:
        yield f"{resource.type}/{own_id}", resource
    if full_url and full_url != f"{resource.type}/{own_id}":
        yield full_url, resource
