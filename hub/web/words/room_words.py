"""How much room a service has, how long a wait is and where it is given, in words."""

from hub.rules.room import Room, ServiceRoom
from hub.services.views.referral import ServiceOffer
from hub.web.translations import gettext, ngettext

_WEEK, _MONTH = 7, 30


def wait_words(days: int) -> str:
    """Give a wait as people say it: days up to two weeks, then weeks, then months."""
    if days < 2 * _WEEK:
        return ngettext("%(num)d dag", "%(num)d dagen", days) if days % _WEEK else _weeks(days)
    return _weeks(days) if days < 3 * _MONTH else ngettext("%(num)d maand", "%(num)d maanden", round(days / _MONTH))


def _weeks(days: int) -> str:
    return ngettext("%(num)d week", "%(num)d weken", round(days / _WEEK))


def room_words(room: ServiceRoom) -> str:
    """Give how much room there is, in three words."""
    if room.room is Room.FREE:
        return (
            ngettext("%(num)d plek vrij", "%(num)d plekken vrij", room.places)
            if room.places
            else gettext("Direct plek")
        )
    if room.room is Room.SOON:
        return gettext("Plek over %(wait)s", wait=wait_words(room.waiting_days or 0))
    return gettext("Nu geen plek") if room.room is Room.NONE else gettext("Wachttijd niet bekend")


def list_words(room: ServiceRoom) -> str:
    """Give how long the waiting list is, where there is no room; nothing where that is not known."""
    if room.room is not Room.NONE or not room.waiting_days:
        return ""
    return gettext("wachtlijst: ongeveer %(wait)s", wait=wait_words(room.waiting_days))


def reply_words(offer: ServiceOffer) -> str:
    """Give within how long an answer is promised."""
    if offer.practical:
        return gettext("antwoord vandaag")
    return ngettext("antwoord binnen %(num)d werkdag", "antwoord binnen %(num)d werkdagen", offer.reply_days)


def has_room(room: ServiceRoom) -> bool:
    """Whether someone who is referred today gets a place, now or at a known moment."""
    return room.room in (Room.FREE, Room.SOON)


def is_full(room: ServiceRoom) -> bool:
    """Whether there is no place, so that one can only wait for it."""
    return room.room is Room.NONE
