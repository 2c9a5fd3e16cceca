"""Numbers as if drawn by lot: who gets some of them learns nothing of how many there are in between.

A counted number would tell how much happened elsewhere; and where little happens, what. In the database the rows are
counted; outside it each number stands for exactly one row and the order is gone (a Feistel network over the halves of
the number, as in NIST SP 800-38G, walked until it falls within the range).
"""

import hashlib
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from hub.models.columns import RowNumber
from hub.models.shelf import HOUSE, shelf_of

_ROUNDS = 8
_NO_ROW = 0


class Drawn(TypeDecorator[int]):
    """A row's number, drawn from ``count`` numbers of which ``lowest`` is the first.

    Comparing and ordering happen in the database, so by age; a number that no row can have stands before all rows.
    """

    impl = RowNumber
    cache_ok = True

    def __init__(self, lowest: int, count: int) -> None:
        super().__init__()
        self.lowest, self.count = lowest, count
        self._half = (count.bit_length() + 1) // 2

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if not self.lowest <= value < self.lowest + self.count:
            return _NO_ROW
        return self.walked(value - self.lowest, _secret(dialect), back=True) + 1

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else self.lowest + self.walked(int(value) - 1, _secret(dialect), back=False)

    def walked(self, number: int, secret: bytes, *, back: bool) -> int:
        """Draw the number of a row, both counted from 0; ``back`` finds the row of a number."""
        number = self._mixed(number, secret, back=back)
        while number >= self.count:
            number = self._mixed(number, secret, back=back)
        return number

    def _mixed(self, number: int, secret: bytes, *, back: bool) -> int:
        left, right = number >> self._half, number & ((1 << self._half) - 1)
        for turn in reversed(range(_ROUNDS)) if back else range(_ROUNDS):
            if back:
                left, right = right ^ self._drawn(turn, left, secret), left
            else:
                left, right = right, left ^ self._drawn(turn, right, secret)
        return left << self._half | right

    def _drawn(self, turn: int, half: int, secret: bytes) -> int:
        told = b"%d:%d:%d" % (self.count, turn, half)
        return int.from_bytes(hashlib.blake2b(told, key=secret, digest_size=8).digest()) & ((1 << self._half) - 1)


def _secret(dialect: Dialect) -> bytes:
    return shelf_of(dialect).named(HOUSE).secret


# Nine digits, as iWmo has room for (ToewijzingNummer).
REFERRAL_NUMBER = Drawn(100_000_000, 900_000_000)
# What a JSON number holds exactly, wherever it is read (RFC 8259 section 6).
CURSOR = Drawn(10**15, 8 * 10**15)
