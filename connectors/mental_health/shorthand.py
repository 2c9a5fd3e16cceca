"""FHIR Shorthand instances, the form in which implementation guides publish their examples.

Only what an instance needs is read (FHIR Shorthand 3.0, sections "Defining Instances" and "Assignments with Data
Types"): aliases, one instance, assignments with indented paths and soft indices, and one well-known rule set.
"""

import re
from typing import Any

from connectors.mental_health.node import malformed, not_allowed

MAX_BYTES, MAX_STEPS = 200_000, 24
_ALIAS = re.compile(r"Alias:\s*(\$?[\w-]+)\s*=\s*(\S+)")
_HEAD = re.compile(r"(Instance|InstanceOf|Usage|Title|Description):\s*(.*)")
_RULE = re.compile(r"( *)\* +(insert +)?(.*)")
_ASSIGN = re.compile(r"([A-Za-z][\w.\[\]+=-]*)\s*(?:=\s*(.+))?")
_STEP = re.compile(r"([A-Za-z][A-Za-z0-9]{0,63})(?:\[(\d{1,3}|\+|=)\])?")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_CODE = re.compile(r'(\$?[\w:/.\-]*)#(?:"((?:[^"\\]|\\.)*)"|(\S+))(?:\s+"((?:[^"\\]|\\.)*)")?')
_REFERENCE = re.compile(r'(Reference|Canonical)\(\s*([^)\s]+)\s*\)(?:\s+"((?:[^"\\]|\\.)*)")?')
_ALIAS_NAME = re.compile(r"\$[\w-]+")
_CALL = re.compile(r"(\w+)(?:\((.*)\))?")
_PLAIN = re.compile(r"true|false|\d{4}(-\d\d(-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?)?)?")

# Aliases that implementation guides use without repeating them in each file.
KNOWN_ALIASES = {"$task-code": "http://hl7.org/fhir/CodeSystem/task-code", "$sct": "http://snomed.info/sct"}
# Elements that repeat, among those an example of a Task, ServiceRequest or Patient sets.
REPEATING = frozenset({"identifier", "coding", "extension", "note", "category", "reasonCode", "name", "given"})
CONCEPTS = frozenset({"code", "category", "reasonCode", "statusReason", "businessStatus", "type"})
SINGLE_IDENTIFIER = frozenset({"requester", "owner", "for", "subject", "location", "assigner", "focus", "performer"})


def looks_like(text: str) -> bool:
    """Whether a text is a file of FHIR Shorthand."""
    return any(_HEAD.match(line) or _ALIAS.match(line) for line in text[:5000].splitlines()[:20])


def loads(body: bytes) -> dict[str, Any]:
    """Read the one instance of a file as the tree that FHIR JSON gives."""
    try:
        lines = body[:MAX_BYTES].decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise malformed("The body is not UTF-8.", None) from error
    if not any(line.startswith("Instance:") for line in lines):
        raise not_allowed("This FHIR Shorthand defines something; only an Instance is a message.", None)
    aliases = dict(KNOWN_ALIASES)
    document: dict[str, Any] = {}
    parents: list[str] = []
    for line in lines:
        if alias := _ALIAS.fullmatch(line.strip()):
            aliases[alias[1]] = alias[2]
        elif head := _HEAD.match(line):
            _head(document, head[1], head[2].strip())
        elif rule := _RULE.match(line):
            _rule(document, rule, parents, aliases)
    if "resourceType" not in document:
        raise malformed("The instance names no type.", None)
    return document


def _head(document: dict[str, Any], keyword: str, value: str) -> None:
    if keyword == "Instance":
        if "id" in document:
            raise malformed("The file holds more than one instance.", None)
        document["id"] = value
    elif keyword == "InstanceOf":
        document["resourceType"] = value


def _rule(document: dict[str, Any], rule: re.Match[str], parents: list[str], aliases: dict[str, str]) -> None:
    depth, text = len(rule[1]) // 2, rule[3].strip()
    prefix = parents[:depth]
    if rule[2]:
        _insert(document, text)
        return
    found = _ASSIGN.fullmatch(text)
    if not found or len(prefix) < depth or depth > 20:
        raise malformed("A rule of the instance can't be read.", None)
    path = found[1]
    parents[depth:] = [path.replace("[+]", "[=]")]
    if found[2] is not None:
        _assign(document, [step for part in (*prefix, path) for step in part.split(".")], found[2].strip(), aliases)


def _insert(document: dict[str, Any], call: str) -> None:
    """Apply ``CustodianAssignedIdentifier(system, value, assigner system, assigner)``; others hold no content."""
    found = _CALL.fullmatch(call)
    values = _STRING.findall(found[2] or "") if found else []
    if not found or found[1] != "CustodianAssignedIdentifier" or len(values) != 4:
        return
    system, value, assigner_system, assigner = values
    document.setdefault("identifier", []).append(
        {
            "system": system,
            "value": value,
            "assigner": {"identifier": {"system": assigner_system, "value": assigner}},
        }
    )


def _assign(document: dict[str, Any], steps: list[str], text: str, aliases: dict[str, str]) -> None:
    if len(steps) > MAX_STEPS:
        raise malformed("A path of the instance is too long.", None)
    place, before = document, ""
    for number, raw in enumerate(steps):
        step = _STEP.fullmatch(raw)
        if not step:
            raise malformed("A path of the instance can't be read.", None)
        name, index = step[1], step[2]
        items: Any = place
        key: Any = name
        if index is not None or (name in REPEATING and not (name == "identifier" and before in SINGLE_IDENTIFIER)):
            items, key = _item(place, name, index)
        if number == len(steps) - 1:
            items[key] = _value(text, aliases, coded=name in CONCEPTS)
            return
        if isinstance(items, dict):
            items.setdefault(key, {})
        place, before = items[key], name
        if not isinstance(place, dict):
            raise malformed("A path of the instance goes through a value.", None)


def _item(place: dict[str, Any], name: str, index: str | None) -> tuple[list[Any], int]:
    """The list and place that an index means: ``[+]`` a new one, ``[=]`` or none the last, a number that one."""
    items = place.setdefault(name, [])
    if not isinstance(items, list):
        raise malformed("A path of the instance goes through a value.", None)
    wanted = len(items) if index == "+" else max(len(items) - 1, 0) if index in (None, "=") else int(index or 0)
    if wanted > len(items):
        raise malformed("An index of the instance skips one.", None)
    if wanted == len(items):
        items.append({})
    return items, wanted


def _value(text: str, aliases: dict[str, str], *, coded: bool) -> Any:
    if string := _STRING.fullmatch(text):
        return _plain(string[1])
    if reference := _REFERENCE.fullmatch(text):
        if reference[1] == "Canonical":
            return reference[2]
        display = {"display": _plain(reference[3])} if reference[3] else {}
        return {"reference": reference[2], **display}
    if code := _CODE.fullmatch(text):
        return _coding(code, aliases) if code[1] or coded else code[2] or code[3]
    if _ALIAS_NAME.fullmatch(text):
        return _system(text, aliases)
    if _PLAIN.fullmatch(text):
        return {"true": True, "false": False}.get(text, text)
    raise malformed("A value of the instance can't be read.", None)


def _coding(code: re.Match[str], aliases: dict[str, str]) -> dict[str, Any]:
    coding = {"system": _system(code[1], aliases), "code": code[2] or code[3]}
    if code[4]:
        coding["display"] = _plain(code[4])
    return {"coding": [{key: value for key, value in coding.items() if value}]}


def _system(name: str, aliases: dict[str, str]) -> str:
    """What an alias stands for; one that the file does not define keeps its name, told apart from a real system."""
    return aliases.get(name, f"urn:fsh:alias:{name[1:]}" if name.startswith("$") else name)


def _plain(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\")
