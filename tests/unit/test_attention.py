"""What asks for a regisseur's attention: each sign at its day, and never more pressing than it is."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.attention import ORDER, Facts, Sign, Urgency, caseload_state, signs

TODAY = dt.date(2026, 11, 24)
FINE = {"today": TODAY, "opened": TODAY - dt.timedelta(days=200), "plan": True, "last_contact": TODAY}


def day(offset: int) -> dt.date:
    return TODAY + dt.timedelta(days=offset)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, None),
        ({"agreement_due": day(-1)}, (Sign.AGREEMENT_DUE, Urgency.LATE)),
        ({"agreement_due": day(0)}, (Sign.AGREEMENT_DUE, Urgency.TODAY)),
        ({"agreement_due": day(7)}, (Sign.AGREEMENT_DUE, Urgency.WEEK)),
        ({"agreement_due": day(8)}, None),
        ({"step_due": day(0)}, None),
        ({"step_due": day(-14)}, (Sign.STEP_STALLED, Urgency.WEEK)),
        ({"step_due": day(-15)}, (Sign.STEP_STALLED, Urgency.TODAY)),
        ({"consent_until": day(1)}, (Sign.CONSENT_ENDS, Urgency.TODAY)),
        ({"consent_until": day(14)}, (Sign.CONSENT_ENDS, Urgency.WEEK)),
        ({"consent_until": day(15)}, None),
        ({"plan": False}, (Sign.NO_PLAN, Urgency.WEEK)),
        ({"plan": False, "opened": day(-13), "last_contact": day(-1)}, None),
        ({"last_contact": day(-21)}, None),
        ({"last_contact": day(-22)}, (Sign.NO_CONTACT, Urgency.WEEK)),
        ({"last_contact": None}, (Sign.NO_CONTACT, Urgency.WEEK)),
        ({"scored": day(-183)}, (Sign.REVIEW_DOMAINS, Urgency.WEEK)),
    ],
)
def test_each_sign_comes_on_its_day(known: dict[str, object], expected: tuple[Sign, Urgency] | None) -> None:
    found = signs(Facts(**{**FINE, **known}))  # type: ignore[arg-type]
    assert (found[0].sign, found[0].urgency) == expected if expected else found == ()


DAYS = st.none() | st.integers(-400, 400).map(day)


@given(st.integers(0, 2000).map(lambda ago: day(-ago)), DAYS, st.booleans(), DAYS, DAYS, DAYS, DAYS)
def test_signs_come_most_pressing_first_and_each_once(
    opened: dt.date, contact: dt.date | None, plan: bool, step: dt.date | None, agreed: dt.date | None,
    consent: dt.date | None, scored: dt.date | None,
) -> None:  # fmt: skip
    facts = Facts(
        today=TODAY, opened=opened, last_contact=contact, plan=plan, step_due=step, agreement_due=agreed,
        consent_until=consent, scored=scored,
    )  # fmt: skip
    found = signs(facts)
    assert [ORDER.index(one.urgency) for one in found] == sorted(ORDER.index(one.urgency) for one in found)
    assert len({one.sign for one in found}) == len(found)
    assert all(one.urgency is not Urgency.RUNNING for one in found)


def test_a_caseload_is_nearly_full_from_forty_five_and_over_the_norm_above_fifty() -> None:
    assert [caseload_state(n) for n in (44, 45, 50, 51)] == ["room", "nearly", "nearly", "over"]
