"""Whatever stands in a row about a case is sealed by the key of that case: erasing destroys one key, and all of it."""

from hub.models import Record
from hub.models.columns import SealedJsonOfCase, SealedOfCase, is_sealed

OF_A_CASE = (SealedOfCase, SealedJsonOfCase)
# Rows about a person that name the case in another way: by the person, a payload or an address.
IN_ANOTHER_WAY = {"clients", "cases", "referrals", "intake", "idempotency"}


def test_a_sealed_column_in_a_row_about_a_case_is_sealed_by_the_key_of_the_case() -> None:
    looked_at = 0
    for table in Record.metadata.sorted_tables:
        if not {"case_id", "referral_id"} & set(table.c.keys()) and table.name not in IN_ANOTHER_WAY:
            continue
        for column in table.c:
            if is_sealed(column.type):
                assert isinstance(column.type, OF_A_CASE), f"{table.name}.{column.name}"
                looked_at += 1
    assert looked_at > len(IN_ANOTHER_WAY)


def test_what_the_ring_alone_seals_is_of_people_who_work_and_of_systems() -> None:
    ring = {
        f"{table.name}.{column.name}"
        for table in Record.metadata.sorted_tables
        for column in table.c
        if is_sealed(column.type) and not isinstance(column.type, OF_A_CASE)
    }
    assert ring == {"api_clients.webhook_secret", "people.factor_secret", "people.notify_mail"}
