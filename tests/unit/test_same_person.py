"""Name and birth date of a partner beside those known here: what may be the same person, and what is another."""

import pytest

from hub.services.record.same_person import may_be_same
from schemas.message import Client

KNOWN = Client(bsn="999900006", family_name="Vries-Jansén", prefix="de", birth_date="1984-03-12")


@pytest.mark.parametrize(
    "told",
    [
        Client(),
        Client(reference="C-1"),
        Client(birth_date="1984-03-12"),
        Client(birth_date="1984-03"),
        Client(birth_date="1984"),
        Client(family_name="DE VRIES-JANSEN"),
        Client(family_name="Vries-Jansen, de"),
        Client(family_name="vries jansen", prefix="De"),
        Client(family_name="VriesJansen"),
        Client(family_name="de Vries", birth_date="1984"),
        Client(family_name="-", birth_date="1984-03-12"),
    ],
)
def test_what_agrees_as_far_as_it_is_told_may_be_the_same(told: Client) -> None:
    assert may_be_same(KNOWN, told)


@pytest.mark.parametrize(
    "told",
    [
        Client(birth_date="1985"),
        Client(birth_date="1984-04"),
        Client(birth_date="1984-03-13"),
        Client(family_name="Bakker"),
        Client(family_name="de Bakker"),
        Client(family_name="Bakker", birth_date="1984-03-12"),
        Client(family_name="de Vries", birth_date="1983-03-12"),
        Client(family_name="de", prefix="de"),
    ],
)
def test_what_differs_is_another(told: Client) -> None:
    assert not may_be_same(KNOWN, told)


def test_of_whom_nothing_is_known_here_nothing_differs() -> None:
    assert may_be_same(Client(), Client(family_name="Bakker", birth_date="1984"))
