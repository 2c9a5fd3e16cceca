"""The words of what waits for someone: who did what, and where it stands."""

from hub.rules.alerts import AlertKind
from hub.services.views.work import AlertView
from hub.web.translations import gettext

ALERT_ICONS = {AlertKind.QUESTION: "message-question"}


def alert_words(alert: AlertView) -> str:
    """Give in one sentence who did what."""
    if alert.kind is AlertKind.MENTION:
        return gettext("%(who)s noemt u in een bericht", who=_writer(alert))
    if alert.kind is AlertKind.REPLY:
        return gettext("%(who)s antwoordt op uw bericht", who=_writer(alert))
    line = alert.referral
    if alert.kind is AlertKind.ANSWER:
        return gettext("%(who)s beantwoordt uw vraag", who=line.sender if line is not None else "")
    return gettext("%(who)s heeft een vraag aan u", who=line.organisation if line is not None else "")


def _writer(alert: AlertView) -> str:
    return alert.item.author_name if alert.item is not None else gettext("Iemand")


def alert_said(alert: AlertView) -> str:
    """Give what was written; of a referral its title."""
    if alert.item is not None:
        return str(alert.item.content.get("text", ""))
    return alert.referral.title if alert.referral is not None else ""
