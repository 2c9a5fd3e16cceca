"""Numbers drawn by lot: each row has its own, none tells of another."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hub.models.drawn import CURSOR, REFERRAL_NUMBER, Drawn

SECRET = bytes(range(32))
KINDS = st.sampled_from([REFERRAL_NUMBER, CURSOR, Drawn(1, 1000)])


@given(kind=KINDS, data=st.data())
def test_each_number_leads_back_to_its_row(kind: Drawn, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, kind.count - 1))
    drawn = kind.walked(row, SECRET, back=False)
    assert 0 <= drawn < kind.count
    assert kind.walked(drawn, SECRET, back=True) == row


def test_a_thousand_rows_have_a_thousand_numbers_and_their_order_is_gone() -> None:
    kind = Drawn(1, 1000)
    drawn = [kind.walked(row, SECRET, back=False) for row in range(1000)]
    assert sorted(drawn) == list(range(1000))
    followers = sum(after == before + 1 for before, after in itertools.pairwise(drawn))
    assert followers < 10, "of a thousand drawn by lot about one follows its neighbour"


def test_another_secret_draws_other_numbers() -> None:
    rows = range(100)
    one = [REFERRAL_NUMBER.walked(row, SECRET, back=False) for row in rows]
    other = [REFERRAL_NUMBER.walked(row, SECRET[::-1], back=False) for row in rows]
    assert not set(one) & set(other)
