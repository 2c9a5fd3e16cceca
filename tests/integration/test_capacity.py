"""Room at services: who works there says it, all who choose see it, and the last word counts."""

import threading

import pytest

from hub.rules.room import Room, ServiceRoom
from hub.services.access.capacity import capacities, set_capacity
from hub.services.errors import Invalid, NotFound
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from tests.personas import BAS, MARLOES, NAIMA, PETER, TOM


def say(hub: Hub, actor: Viewer, places: int | None, waiting_days: int | None, note: str | None = None) -> None:
    with hub.store.writing() as work:
        set_capacity(work, actor, hub.config.services["orientatie-groen"], places, waiting_days, note)


def said(hub: Hub) -> dict[str, ServiceRoom]:
    with hub.store.reading() as session:
        return capacities(session)


def test_what_a_partner_says_of_its_room_is_there_for_all_until_it_says_something_else(database_hub: Hub) -> None:
    assert said(database_hub) == {}
    say(database_hub, TOM, 2, None, "  Start elke maandag ")
    first = said(database_hub)["orientatie-groen"]
    assert (first.places, first.waiting_days, first.note) == (2, None, "Start elke maandag")
    assert (first.room, first.changed_by) == (Room.FREE, TOM.name)
    say(database_hub, TOM, 0, 42)
    second = said(database_hub)["orientatie-groen"]
    assert (second.places, second.waiting_days, second.note, second.room) == (0, 42, None, Room.NONE)


def test_only_who_works_there_says_how_much_room_there_is(database_hub: Hub) -> None:
    for other in (MARLOES, PETER, NAIMA, BAS):
        with pytest.raises(NotFound):
            say(database_hub, other, 1, None)
    with pytest.raises(Invalid) as negative:
        say(database_hub, TOM, -1, None)
    with pytest.raises(Invalid) as endless:
        say(database_hub, TOM, None, 100_000)
    with pytest.raises(Invalid) as talkative:
        say(database_hub, TOM, None, None, "x" * 201)
    assert [one.value.field for one in (negative, endless, talkative)] == ["places", "waiting_days", "note"]
    assert said(database_hub) == {}


def test_two_colleagues_who_speak_at_once_both_get_through(database_hub: Hub) -> None:
    together = threading.Barrier(2)
    failed: list[BaseException] = []

    def speak(places: int) -> None:
        together.wait()
        try:
            say(database_hub, TOM, places, None)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    speakers = [threading.Thread(target=speak, args=(places,)) for places in (1, 5)]
    for one in speakers:
        one.start()
    for one in speakers:
        one.join()
    assert failed == []
    assert said(database_hub)["orientatie-groen"].places in (1, 5)


def test_most_room_comes_first_and_a_wait_says_which_of_two_is_sooner() -> None:
    rooms = [
        ServiceRoom(service="full", places=0, waiting_days=3),
        ServiceRoom(service="silent"),
        ServiceRoom(service="month", waiting_days=30),
        ServiceRoom(service="week", waiting_days=7),
        ServiceRoom(service="now", waiting_days=0),
        ServiceRoom(service="free", places=4),
    ]
    assert [one.service for one in sorted(rooms, key=lambda one: one.rank)] == [
        "now",
        "free",
        "week",
        "month",
        "silent",
        "full",
    ]
