"""What is refused before anything is read: another release of FHIR, another use, what turns the meaning round."""

from collections.abc import Mapping
from typing import Any

from connectors.mental_health import systems
from connectors.mental_health.format import (
    CHANGE,
    FOREIGN_PROFILES,
    FULFILL,
    INTENTS,
    OTHER_VERSION_TYPES,
    VERSION_MARKS,
)
from connectors.mental_health.graph import Graph
from connectors.mental_health.node import Node, malformed, not_allowed, other_version


def check_document(root: Node) -> None:
    """Refuse what R4 ("Extensibility") forbids to ignore, anywhere: modifier extensions and implicit rules."""
    _check_modifiers(root.value, root.path, 0)


def _check_modifiers(value: Any, path: str, depth: int) -> None:
    if depth > 200:
        raise malformed("The resource is nested too deep.", None, "too-costly")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check_modifiers(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, Mapping):
        for name, why in (("modifierExtension", "not-supported"), ("implicitRules", "not-supported")):
            if value.get(name):
                raise not_allowed("This changes the meaning in a way that is not known here.", f"{path}.{name}", why)
        for name, item in value.items():
            _check_modifiers(item, Node({}, path).at(name), depth + 1)


def check_resources(graph: Graph) -> None:
    """Refuse other releases of FHIR and profiles that are no referral, in each resource."""
    for resource in (graph.root, *graph.resources):
        if resource.type in OTHER_VERSION_TYPES:
            raise other_version(OTHER_VERSION_TYPES[resource.type], resource.path)
        _check_version_marks(resource)
        _check_profiles(resource)


def _check_version_marks(resource: Node) -> None:
    for kind, element, version in VERSION_MARKS:
        if resource.type == kind and resource.has(element):
            raise other_version(version, resource.at(element))
    requester = resource.value.get("requester") if resource.type in ("Task", "ServiceRequest") else None
    if isinstance(requester, Mapping) and "agent" in requester:
        raise other_version("STU3", f"{resource.path}.requester.agent")
    code = resource.value.get("code") if resource.type == "ServiceRequest" else None
    if isinstance(code, Mapping) and ("concept" in code or "reference" in code):
        raise other_version("R5", f"{resource.path}.code.concept")


def _check_profiles(resource: Node) -> None:
    meta = resource.one("meta")
    for profile, _extra in meta.texts("profile") if meta else ():
        for beginning, about_version in FOREIGN_PROFILES:
            if profile and profile.startswith(beginning):
                field = f"{resource.path}.meta.profile"
                if about_version:
                    raise other_version("STU3 (eOverdracht)", field)
                raise not_allowed("A Koppeltaal task starts a module of a treatment; it is no referral.", field)


def check_intent(resource: Node) -> None:
    """Refuse what asks for nothing: proposals, options, and requests not to do something."""
    if resource.value.get("doNotPerform") not in (None, False, "false"):
        raise not_allowed("This asks not to do something.", resource.at("doNotPerform"))
    intent = resource.text("intent")
    if intent is None:
        raise malformed("The intent is missing.", resource.at("intent"), "required")
    if intent not in INTENTS:
        raise not_allowed("Only an order or a plan is a referral.", resource.at("intent"))


def asks_for_change(task: Node) -> bool:
    """Whether ``Task.code`` asks to change what was asked; any other use but fulfilling it is refused."""
    code = task.one("code")
    codings = list(code.many("coding")) if code else []
    codes = {coding.text("code") for coding in codings if coding.text("system") in (systems.TASK_CODE, None)}
    if codings and not codes & {FULFILL, CHANGE}:
        raise not_allowed("Only a Task to fulfil a referral, or to change it, is taken.", task.at("code"))
    return CHANGE in codes and FULFILL not in codes
