"""The bodies of the API: nothing is coerced, and nobody is referred for enforcement."""

from typing import Any

import pytest
from marshmallow import ValidationError

from schemas.identifiers import bsn_is_valid, derived_id, short_reference
from schemas.referral import NEW_EVENT, NEW_REFERRAL
from schemas.vocabulary import PURPOSES_OF_REFERRALS, Purpose
from tests.builders import KARIN, referral_body


@pytest.mark.parametrize("purpose", sorted(Purpose))
def test_only_help_and_ones_own_task_are_a_purpose_of_a_referral(purpose: Purpose) -> None:
    body = referral_body(ground={"basis": "consent", "purpose": purpose})
    if purpose in PURPOSES_OF_REFERRALS:
        assert NEW_REFERRAL.load(body).ground.purpose is purpose
    else:
        with pytest.raises(ValidationError) as refused:
            NEW_REFERRAL.load(body)
        assert list(refused.value.messages_dict) == ["ground"]
    assert Purpose.ENFORCEMENT not in PURPOSES_OF_REFERRALS


@pytest.mark.parametrize("value", [0, 1, 1.5, True, False, None, [], {}, ["x"], {"x": 1}])
@pytest.mark.parametrize("field", ["to", "reason", "ground", "life_domains", "client"])
def test_no_value_of_another_type_is_taken_for_the_right_one(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        NEW_REFERRAL.load(referral_body(**{field: value}))
    assert field in refused.value.messages_dict


@pytest.mark.parametrize(
    "number", ["", "0", "000000000", "123456789", "99999001", "9999900190", "999990 19", "٩٩٩٩٩٠٠١٩", "999990019\n"]
)
def test_a_wrong_citizen_service_number_is_refused_and_not_repeated(number: str) -> None:
    assert not bsn_is_valid(number)
    body = referral_body()
    with pytest.raises(ValidationError) as refused:
        NEW_REFERRAL.load({**body, "client": {**body["client"], "bsn": number}})
    assert not number or number not in str(refused.value.messages)


def test_a_right_number_passes() -> None:
    assert bsn_is_valid(KARIN)


@pytest.mark.parametrize("at", ["2026-11-22", "2026-11-22T10:00:00", "nu", "", 0, "2026-11-22T10:00:00+99:00"])
def test_a_moment_needs_a_zone(at: Any) -> None:
    with pytest.raises(ValidationError):
        NEW_EVENT.load({"event": "receive", "at": at})


def test_a_derived_id_and_its_reference_are_the_same_every_time() -> None:
    assert derived_id("a", "b") == derived_id("a", "b") != derived_id("ab", "")
    assert len(short_reference(derived_id("a", "b"))) == 12
