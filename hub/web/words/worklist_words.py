"""The words of a regisseur's work list: what asks for attention, since when, and what one can do about it."""

import datetime as dt

from hub.rules.attention import NORM, caseload_state
from hub.services.views.work import WorkLine
from hub.web.translations import Words, gettext, ngettext
from hub.web.words import dates

WORK_REASONS = Words(
    {
        "tell_emergency": "Er was noodtoegang: vertel het de inwoner.",
        "decide": "Nieuwe verwijzing: geef antwoord.",
        "open": "Nieuwe verwijzing, nog niet geopend.",
        "answer": "Er is een vraag voor u.",
        "confirm_redirect": "Er is een ander voorstel.",
        "find_alternative": "De verwijzing is afgewezen. Zoek iets anders.",
        "ask_still_wanted": "Staat op een wachtlijst: is de hulp nog gewenst?",
        "plan_first_contact": "Geaccepteerd: maak een eerste afspraak.",
        "start": "De afspraak staat: start de hulp.",
        "review_plan": "Tijd om samen het plan te bekijken.",
        "review_pause": "Staat stil: kan het weer verder?",
        "undelivered": "Een verwijzing is niet bezorgd.",
        "overdue": "Er is nog geen antwoord op de verwijzing.",
        "waiting": "Wacht op antwoord van een ander.",
        "running": "Loopt zoals afgesproken.",
        "no_referrals": "Nog geen verwijzingen.",
        "ground_ended": "De toestemming is voorbij: kijk of er iets anders nodig is.",
        "agreement_due": "Afspraak nakomen:",
        "step_stalled": "Stap staat stil:",
        "consent_ends": "Toestemming voor delen loopt af.",
        "no_plan": "Nog geen plan.",
        "no_contact": "Lang geen contact.",
        "review_domains": "Leefgebieden opnieuw samen bespreken (6 maanden).",
    }
)
WORK_ICONS = {
    "answer": "message-question",
    "confirm_redirect": "arrow-right",
    "find_alternative": "x",
    "ask_still_wanted": "hourglass",
    "undelivered": "alert-triangle",
    "overdue": "send",
    "waiting": "send",
    "agreement_due": "checkbox",
    "step_stalled": "hourglass",
    "consent_ends": "shield-check",
    "no_plan": "target",
    "no_contact": "phone",
    "review_domains": "stairs-up",
    "review_plan": "target",
    "review_pause": "player-pause",
}
# What one can do about a reason, and where on the client's page, or on the page of the referral (nothing).
_ACTIONS = Words(
    {
        "answer": ("Vraag beantwoorden", ""),
        "confirm_redirect": ("Voorstel bekijken", ""),
        "find_alternative": ("Iets anders zoeken", ""),
        "ask_still_wanted": ("Navragen", ""),
        "undelivered": ("Bekijk bezorging", ""),
        "overdue": ("Nabellen", ""),
        "waiting": ("Afwachten", ""),
        "ground_ended": ("Bekijk verwijzing", ""),
        "review_plan": ("Plan bekijken", ""),
        "review_pause": ("Plan bekijken", ""),
        "agreement_due": ("Afspraak nakomen", "#afspraken"),
        "step_stalled": ("Stap kleiner maken", "#plan"),
        "consent_ends": ("Samen bekijken", "/toestemming"),
        "no_plan": ("Plan maken", "#plan"),
        "no_contact": ("Bellen of langsgaan", "#contact"),
        "review_domains": ("Afspraak plannen", "#contact"),
    },
    at=(0,),
)
# Which reasons a chip shows.
CHIPS: dict[str, frozenset[str]] = {
    "antwoord": frozenset({"overdue", "waiting", "answer", "undelivered"}),
    "stil": frozenset({"step_stalled", "no_plan", "agreement_due", "review_plan", "review_pause"}),
    "toestemming": frozenset({"consent_ends", "ground_ended"}),
    "contact": frozenset({"no_contact"}),
}
CHIP_NAMES = Words(
    {
        "": "Alles",
        "vandaag": "Vandaag of te laat",
        "antwoord": "Zonder antwoord",
        "stil": "Staat stil",
        "toestemming": "Toestemming",
        "contact": "Geen contact",
        "loopt": "Loopt",
    }
)


def greeting() -> str:
    """Greet by the time of the day."""
    hour = dates.local(dates.clock()).hour
    if hour < 12:
        return gettext("Goedemorgen")
    return gettext("Goedemiddag") if hour < 18 else gettext("Goedenavond")


def needed_words(today: int, week: int, running: int) -> str:
    """Say how many people need the viewer, in one or two sentences."""
    first = (
        ngettext("%(num)s inwoner heeft u vandaag nodig", "%(num)s inwoners hebben u vandaag nodig", today)
        if today
        else gettext("Niemand heeft u vandaag nodig")
    )
    later = gettext(", %(num)s deze week", num=week) if week else ""
    rest = gettext(" De andere %(num)s lopen zoals afgesproken.", num=running) if running else ""
    return f"{first}{later}.{rest}"


def days_ago(day: dt.date | None) -> str:
    """Give how long ago somebody was spoken."""
    if day is None:
        return gettext("nog geen")
    days = (dates.today() - day).days
    if days <= 0:
        return gettext("vandaag")
    return gettext("gisteren") if days == 1 else ngettext("%(num)s dag", "%(num)s dagen", days)


def line_term(line: WorkLine) -> tuple[str, str]:
    """Give by when, or how long it stands still, and how pressing that is."""
    if line.referral is not None:
        return dates.term(line.referral.due_at, overdue=line.referral.overdue)
    if line.day is None:
        return "–", ""
    if line.reason == "step_stalled":
        days = (dates.today() - line.day).days
        return ngettext("%(num)s dag stil", "%(num)s dagen stil", days), "nu" if line.urgency == "today" else ""
    if line.reason in ("agreement_due", "consent_ends"):
        end = dt.datetime.combine(line.day, dt.time(23, 59), dates.AMSTERDAM)
        return dates.term(end, overdue=end < dates.clock())
    return "–", ""


def line_action(line: WorkLine, group: str) -> tuple[str, str] | None:
    """Give the one thing that one can do now, with its address; nothing where all goes as agreed."""
    if group == "running" or line.reason not in _ACTIONS or line.case_id is None:
        return None
    words, where = _ACTIONS[line.reason]
    if line.referral is not None and line.referral.title:
        return words, f"/verwijzingen/{line.referral.id}"
    return words, f"/inwoners/{line.case_id}{where}"


def caseload_words(clients: int) -> tuple[str, str]:
    """Give how full a caseload is, and that in words beside the norm."""
    state = caseload_state(clients)
    words = {
        "room": gettext("%(num)s van ongeveer %(norm)s inwoners", num=clients, norm=NORM),
        "nearly": gettext("%(num)s van ongeveer %(norm)s inwoners: bijna vol", num=clients, norm=NORM),
        "over": gettext("%(num)s inwoners, de norm is ongeveer %(norm)s", num=clients, norm=NORM),
    }
    return state, words[state]
