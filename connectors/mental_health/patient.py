"""The client: nl-core Patient (zib 2020), read and written."""

from typing import Any

from connectors.errors import Refusal, RefusalCode
from connectors.mental_health import systems
from connectors.mental_health.graph import Graph
from connectors.mental_health.node import Losses, Node, malformed, not_allowed
from schemas.identifiers import bsn_is_valid
from schemas.message import Client

Json = dict[str, Any]
_READ = frozenset({"resourceType", "id", "meta", "identifier", "name", "gender", "birthDate", "contained", "language"})


def read_client(holder: Node, element: str, graph: Graph, losses: Losses) -> Client | None:
    """Read whom a Task or ServiceRequest is about; only a reference where the Patient does not travel along."""
    reference = holder.one(element)
    if reference is None:
        return None
    patient = graph.resolve(reference, holder)
    if patient is None:
        return _client_by_reference(reference)
    if patient.type != "Patient":
        raise not_allowed("A referral is about one person: a Patient.", holder.at(element))
    return read_patient(patient, losses)


def _client_by_reference(reference: Node) -> Client | None:
    kind, literal = reference.text("type"), reference.text("reference")
    if kind not in (None, "Patient") or (literal and literal.startswith("Group/")):
        raise not_allowed("A referral is about one person: a Patient.", reference.at("type"))
    identifier = reference.one("identifier")
    if identifier is not None and identifier.text("value"):
        bsn, key = _numbers([identifier])
        return Client(bsn=bsn, reference=key)
    return Client(reference=literal) if literal else None


def same_person(one: Client, other: Client) -> bool:
    """Whether two descriptions may be of one person: by citizen service number, else by the partner's own key."""
    if one.bsn and other.bsn:
        return one.bsn == other.bsn
    return one == other if one.bsn is None and other.bsn is None else one.reference == other.reference


def read_patient(patient: Node, losses: Losses) -> Client:
    """Read a Patient; address, telephone and the rest are not needed and not kept."""
    for name in patient.value:
        if name not in _READ and not name.startswith("_"):
            losses.add(f"Patient.{name}" if name.isalpha() else "Patient", "not needed for a referral; not kept")
    bsn, key = _numbers(list(patient.many("identifier")))
    gender = patient.text("gender")
    if gender is not None and gender not in systems.GENDERS:
        raise malformed("The gender is none of R4's.", patient.at("gender"), "code-invalid")
    own_id = patient.text("id")
    return Client(
        bsn=bsn,
        reference=key or (f"Patient/{own_id}" if own_id and bsn is None else None),
        birth_date=patient.text("birthDate"),
        gender=systems.GENDERS[gender] if gender else None,
        **_names(patient, losses),
    )


def _numbers(identifiers: list[Node]) -> tuple[str | None, str | None]:
    """Tell the citizen service number from the partner's own key; one that fails the eleven test is refused."""
    bsns, ours, others = set(), [], []
    for identifier in identifiers:
        system, value = identifier.text("system"), identifier.text("value")
        if not value:
            continue
        if system == systems.BSN:
            if not bsn_is_valid(value):
                text = "This is not a citizen service number: it fails the eleven test."
                raise Refusal(RefusalCode.MALFORMED, text, field=identifier.at("value"), dialect_code="value")
            bsns.add(value)
        elif system == systems.OUR_CLIENT:
            ours.append(value)
        else:
            others.append(f"{system or ''}|{value}")
    if len(bsns) > 1:
        raise not_allowed("One person can't have two citizen service numbers.", "Patient.identifier")
    # A partner's number is a key only where there is no citizen service number.
    keys = ours or ([] if bsns else others)
    return (bsns.pop() if bsns else None), next(iter(keys), None)


def _names(patient: Node, losses: Losses) -> dict[str, str | None]:
    """The official name (else the first), and the call name where no birth names are given (zib NameInformation)."""
    names = list(patient.many("name"))
    official = next((name for name in names if name.text("use") == "official"), names[0] if names else None)
    if official is None:
        return {}
    family = official.beside("family")
    own = family.extension(systems.OWN_NAME)
    if family.extension(systems.PARTNER_NAME):
        losses.add("Patient.name.family.extension(humanname-partner-name)", "only the own name is kept")
    given = _given(official)
    for name in names:
        if name is not official and not given.get(systems.BIRTH_NAME):
            given = {systems.CALL_NAME: _given(name).get(systems.BIRTH_NAME), **given}
    surname = own or official.said("family", losses)
    return {
        "family_name": surname or (None if given else official.said("text", losses)),
        "prefix": family.extension(systems.OWN_PREFIX) if own or not surname else None,
        "given_name": given.get(systems.BIRTH_NAME) or given.get(systems.CALL_NAME),
        "initials": given.get(systems.INITIAL),
    }


def _given(name: Node) -> dict[str, str | None]:
    """Given names by their qualifier; one without counts as a birth name."""
    kinds: dict[str, list[str]] = {}
    for value, extra in name.texts("given"):
        if value:
            kinds.setdefault(extra.extension(systems.QUALIFIER, "valueCode") or systems.BIRTH_NAME, []).append(value)
    joined: dict[str, str | None] = {kind: " ".join(values) for kind, values in kinds.items()}
    if systems.INITIAL in kinds:
        joined[systems.INITIAL] = "".join(kinds[systems.INITIAL])
    return joined


def write_patient(client: Client, own_id: str) -> Json:
    """Write an nl-core Patient."""
    patient: Json = {
        "resourceType": "Patient",
        "id": own_id,
        "meta": {"profile": [systems.NL_CORE_PATIENT]},
        "identifier": [
            {"system": system, "value": value}
            for system, value in ((systems.BSN, client.bsn), (systems.OUR_CLIENT, client.reference))
            if value
        ],
        "name": _write_name(client),
        "gender": client.gender and client.gender.value,
        "birthDate": client.birth_date,
    }
    return {name: value for name, value in patient.items() if value}


def _write_name(client: Client) -> list[Json]:
    name: Json = {}
    extensions = [
        {"url": url, "valueString": value}
        for url, value in ((systems.OWN_PREFIX, client.prefix), (systems.OWN_NAME, client.family_name))
        if value
    ]
    if client.family_name:
        name["family"] = f"{client.prefix} {client.family_name}" if client.prefix else client.family_name
    if extensions:
        name["_family"] = {"extension": extensions}
    given = [(part, systems.BIRTH_NAME) for part in _parts(client.given_name)]
    if client.initials:
        given.append((client.initials, systems.INITIAL))
    if given:
        name["given"] = [value for value, _ in given]
        name["_given"] = [{"extension": [{"url": systems.QUALIFIER, "valueCode": kind}]} for _, kind in given]
    return [{"use": "official", **name}] if name else []


def _parts(given_name: str | None) -> list[str]:
    """One ``given`` for each name; a name with unusual spaces in it stays whole."""
    parts = (given_name or "").split(" ")
    return parts if all(parts) and all(part == part.strip() for part in parts) else [given_name] if given_name else []
