"""The access team's connector against the published standards: request bodies, reports, and every published example."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from lxml import etree
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from connectors.errors import NOT_THE_SENDER, Refusal, RefusalCode
from connectors.protocol import Payload, Verdict
from schemas.message import Coded
from schemas.vocabulary import LifeDomain, MessageKind, Urgency
from tests.unit.test_access_team_material import (
    BOOK,
    CONNECTOR,
    NOW,
    SAMPLES,
    STANDARDS,
    message,
    need_standard,
    openapi,
    plan,
    read,
    refusal,
)

pytestmark = pytest.mark.standards
ZAKEN = "zgw/docs/standaard/zaken/zrc/1.6.x/1.6.0/openapi.yaml"
SCHEMA_OF = {
    "zaken": "Zaak",
    "rollen": "Rol",
    "statussen": "Status",
    "resultaten": "Resultaat",
    "zaakeigenschappen": "ZaakEigenschap",
}
URL = "https://zaken.broekhoven.example/zaken/api/v1/zaken/8d5b6f3a-8f1e-4a53-9b1c-2f6a3e0c7d11"


def as_request(node: Any) -> Any:
    """Give a schema as it holds for a request: what only an answer has is neither asked nor allowed; null is told."""
    if isinstance(node, list):
        return [as_request(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: as_request(value) for key, value in node.items() if key not in ("discriminator", "example")}
    properties = node.get("properties")
    if isinstance(properties, dict):
        only_answers = {name for name, inner in properties.items() if inner.get("readOnly")}
        made["required"] = [name for name in node.get("required", ()) if name not in only_answers]
        for name in only_answers:
            made["properties"][name] = False
    if node.get("nullable"):
        return {"anyOf": [made, {"type": "null"}]}
    return made


def validator(name: str) -> Draft202012Validator:
    document = {"components": {"schemas": as_request(openapi(ZAKEN)["components"]["schemas"])}}
    registry: Registry[Any] = Registry().with_resource(
        "urn:zrc", Resource.from_contents(document, default_specification=DRAFT202012)
    )
    return Draft202012Validator({"$ref": f"urn:zrc#/components/schemas/{name}"}, registry=registry)


def filled(value: Any) -> Any:
    """Put a URL where the transport puts the one of an earlier step or of the catalogue."""
    if isinstance(value, dict):
        return URL if {"step", "catalogue"} & set(value) else {key: filled(inner) for key, inner in value.items()}
    return [filled(item) for item in value] if isinstance(value, list) else value


def faults(step: dict[str, Any]) -> list[str]:
    name = "PatchedZaak" if step["method"] == "PATCH" else SCHEMA_OF[step["resource"]]
    body = filled(step["body"])
    checked = validator(name)
    found = [error.message for error in checked.iter_errors(body)]
    known = openapi(ZAKEN)["components"]["schemas"][name]["properties"]
    found += [f"{key} is unknown" for key in body if key not in known and key != "betrokkeneIdentificatie"]
    if "betrokkeneIdentificatie" in body:
        kind = {"natuurlijk_persoon": "RolNatuurlijkPersoon", "organisatorische_eenheid": "RolOrganisatorischeEenheid"}
        identity = kind[body["betrokkeneType"]]
        found += [error.message for error in validator(identity).iter_errors(body["betrokkeneIdentificatie"])]
        fields = openapi(ZAKEN)["components"]["schemas"][identity]["properties"]
        found += [f"{key} is unknown" for key in body["betrokkeneIdentificatie"] if key not in fields]
    return found


def test_every_request_body_we_write_is_valid_by_the_zaken_api() -> None:
    need_standard()
    full = {
        "reason": "r" * 1200,
        "note": "n" * 1200,
        "service": Coded(code="c", text="t" * 100),
        "life_domains": tuple(LifeDomain),
        "urgency": Urgency.TODAY,
        "starts_on": "2026-11-24",
        "ends_on": "2026-12-24",
        "status_reason": Coded(code="x", text="y" * 1200),
    }
    count = 0
    for kind in MessageKind:
        if kind not in CONNECTOR.unsaid:
            for step in plan(message(kind, **full)):
                if "body" in step:
                    assert faults(step) == [], (kind, step["name"])
                    count += 1
    print(f"{count} request bodies valid by Zaken API 1.6.0")
    assert count >= 50


def test_the_check_of_bodies_can_fail() -> None:
    need_standard()
    status, zaak = plan(message(MessageKind.ACCEPTED))[-1], plan(message(MessageKind.SENT))[0]
    assert faults({**status, "body": {**status["body"], "statustoelichting": "x" * 1001}})
    assert faults({**status, "body": {key: value for key, value in status["body"].items() if key != "statustype"}})
    assert faults({**zaak, "body": {**zaak["body"], "vertrouwelijkheidaanduiding": "privé"}})
    assert faults({**zaak, "body": {**zaak["body"], "einddatum": "2026-11-24"}}), "only an answer has it"


def test_every_collection_of_a_plan_is_one_of_the_api_and_is_searched_by_its_own_parameters() -> None:
    need_standard()
    paths = openapi(ZAKEN)["paths"]
    for kind in MessageKind:
        for step in plan(message(kind, reason="r")) if kind not in CONNECTOR.unsaid else ():
            collection = step.get("resource")
            if collection and collection != "zaakeigenschappen":
                known = {one.get("name") for one in paths[f"/{collection}"]["get"]["parameters"]}
                assert set(step["find"]) <= known, step["name"]


# -- StUF-Jeugdzorg 1.0.9 --------------------------------------------------------------------------------------------

GM = STANDARDS / "stuf-jeugdzorg-1.0.9" / "gmberichten-resolved"


def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(GM / name)))


def test_the_report_of_the_samples_is_valid_and_so_are_our_answers() -> None:
    need_standard()
    body = (SAMPLES / "in-report-naz.xml").read_bytes()
    schema("jz0100_msg_gmberichten_resolved2025.xsd").assertValid(etree.fromstring(body))
    answers = schema("jz0100_msg_stuf_gmberichten_resolved2025.xsd")
    payload = Payload(body=body, content_type="text/xml")
    refused = Refusal(RefusalCode.NOT_ALLOWED, "x" * 300, dialect_code="soortmelding")
    for verdict, why in ((Verdict.ACCEPTED, None), (Verdict.REFUSED, refused)):
        answer = CONNECTOR.acknowledge(payload, verdict, why, BOOK, NOW)
        assert answer is not None
        answers.assertValid(etree.fromstring(answer.body))


def test_every_life_domain_of_the_standard_is_read() -> None:
    need_standard()
    listed = (GM / "jz0100_msg_gmberichten_resolved2025.xsd").read_text(encoding="utf-8")
    codes = re.findall(r'enumeration value="([0-9]{2})"', listed.partition('name="LeefgebiedType"')[2])[:12]
    assert codes == [f"{number:02}" for number in range(1, 13)]
    body = (SAMPLES / "in-report-naz.xml").read_bytes()
    for code in codes:
        assert len(read(body.replace(b">02<", f">{code}<".encode())).messages[0].data.life_domains) >= 2


# -- published examples ----------------------------------------------------------------------------------------------


def examples() -> Iterator[tuple[str, Any]]:
    """Give every JSON object that stands as an example of a message in the texts and files collected."""
    folder = STANDARDS / "nl-gov-cloudevents-1.1"
    yield "nl-gov-example", json.loads((folder / "voorbeelden" / "nl-gov-example.json").read_text(encoding="utf-8"))
    for text in sorted(folder.rglob("*.md")):
        for place, block in enumerate(
            re.findall(r"```(?:JSON|json)\n(.*?)```", text.read_text(encoding="utf-8"), re.S)
        ):
            yield f"{text.stem}[{place}]", block
    for path, name in (
        ("nl-gov-cloudevents-1.1/notificatieservices/notifications_client-0.1.0.openapi.yaml", "EventCore"),
        ("zgw/notificaties-consumer-1.0.0-rc1.openapi.yaml", "Notificatie"),
    ):
        properties = openapi(path)["components"]["schemas"][name]["properties"]
        yield name, {key: inner.get("example", "x") for key, inner in properties.items()}


def test_every_published_example_is_read_or_refused_by_name() -> None:
    need_standard()
    told = {}
    for name, example in examples():
        body = example.encode() if isinstance(example, str) else example
        refused = refusal(body)
        told[name] = refused.dialect_code
        assert refused.field or refused.code == "malformed", name
    print(f"{len(told)} published examples, each refused by name: {told}")
    assert told["nl-gov-example"] == NOT_THE_SENDER
    assert told["EventCore"] == NOT_THE_SENDER
    assert len(told) >= 5


def test_the_published_example_from_this_partner_is_refused_for_the_number_in_its_attributes() -> None:
    need_standard()
    event = json.loads((STANDARDS / "nl-gov-cloudevents-1.1" / "voorbeelden" / "nl-gov-example.json").read_text())
    assert refusal({**event, "source": f"urn:nld:oin:{BOOK.partner.oin}:systeem:x"}).dialect_code == "privacy"
