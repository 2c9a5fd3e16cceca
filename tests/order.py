"""The order in which files are handed to the workers of a run: the longest first, so that no worker ends long after."""

# By what they took when they were last measured, longest first; a new long file belongs here.
LONGEST = (
    "chaos/test_drill",
    "integration/test_rehearse",
    "browser/test_live",
    "integration/test_wrong_person",
    "integration/test_five_dialects",
    "integration/test_erasure",
    "integration/test_simulators",
    "browser/test_accounts_pages",
    "browser/test_looks",
    "integration/test_hostile_dialects",
    "integration/test_rabbitmq",
    "integration/test_every_way_in",
    "browser/test_real_hub",
    "integration/test_back_up",
    "chaos/test_broker_stop",
    "chaos/test_workers_in_trouble",
    "integration/test_corrections",
    "integration/test_digests",
    "integration/test_wire",
    "integration/test_zgw_ring",
    "integration/test_message_forms",
    "integration/test_marker_flood",
    "integration/test_systems",
    "integration/test_audit_log",
    "integration/test_ring",
    "integration/test_inzage",
    "integration/test_retention",
    "integration/test_design_rules",
    "integration/test_api_described",
    "browser/test_hostile_texts",
    "browser/test_rights_pages",
    "browser/test_broker_away",
    "integration/test_objection_holds",
    "unit/test_hostile_dialects",
    "integration/test_sftp_ring",
    "integration/test_notices",
    "integration/test_throttling",
    "integration/test_key_rotation",
    "integration/test_row_security",
    "integration/test_management",
    "integration/test_signed_intake",
    "integration/test_emergencies",
    "contract/test_brokers",
    "unit/test_access_product",
    "unit/test_access_reach",
    "contract/test_template",
)
_PLACE = {f"tests/{name}.py": place for place, name in enumerate(LONGEST)}


def place_of(file: str) -> int:
    """Give the place of a file: the listed ones, then what needs services, then what needs nothing."""
    return _PLACE.get(file, len(LONGEST) + file.startswith("tests/unit/"))
