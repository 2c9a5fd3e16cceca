"""Words and texts of the forms of a message: what each is, what it could not carry and why, and its text to read."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from connectors import safe_xml
from connectors.errors import Refusal
from hub.services.views.message import Form, MessageView, ShownForm, Withheld
from hub.web.translations import Words, gettext
from hub.web.words.dates import decimal
from hub.web.words.labels import FIELDS
from schemas import strict_json
from schemas.identifiers import bsn_is_valid

_OURS = "ours"
ADDRESSES = {
    Form.CANONICAL: "canoniek",
    Form.MAPPED: "vertaald",
    Form.SENT: "verzonden",
    Form.ANSWER: "antwoord",
    Form.RECEIVED: "ontvangen",
}
_TITLES: Words[str, tuple[str, str]] = Words(
    {
        _OURS: ("Ons antwoord", "Wat Schakel uw systeem meteen teruggaf."),
        Form.CANONICAL: ("Canoniek", "Zoals Schakel het bericht kent, los van ieders systeem."),
        Form.MAPPED: ("Vertaald", "In het formaat van de ontvanger."),
        Form.SENT: ("Verzonden", "Wat er over de lijn ging, met de envelop eromheen."),
        Form.ANSWER: ("Antwoord", "Wat het systeem van de ontvanger meteen terugzei."),
        Form.RECEIVED: ("Ontvangen", "Zoals uw systeem het stuurde."),
    },
    at=(0, 1),
)
WITHHELD_FORMS = Words(
    {
        Withheld.ENDED: "De toestemming is gestopt. Wat gedeeld was, leest niemand meer.",
        Withheld.WALL: "Van hulp bij gezondheid ziet werk en inkomen alleen de stand.",
        Withheld.POLICY: "De inhoud hoort niet bij uw taak.",
        Withheld.OTHERS: "Dit bericht gaat ook over andere inwoners.",
        Withheld.RECEIVER: "Alleen de ontvanger ziet wat zijn systeem terugzegt.",
        Withheld.SNAPSHOT: "Dit bericht noemt alles wat de ontvanger voor deze inwoner doet. Alleen hij leest dat.",
    }
)
_SIZED = Words({"mapped": "vertaald", "sent": "verzonden", "answer": "antwoord"})
_OUTWARD = (Form.CANONICAL, Form.MAPPED, Form.SENT, Form.ANSWER)
_INWARD = (Form.RECEIVED, Form.CANONICAL, Form.ANSWER)
MOST_TEXT = 200_000
"""So many characters are shown; the file has all."""

# The longer beginnings first: of a field's path the last word that we have a name for counts.
_NAMES = Words(
    {
        **FIELDS,
        "client": "Inwoner",
        "phone": "Telefoon",
        "email": "E-mail",
        "address": "Adres",
        "note": "Toelichting",
        "outcome": "Resultaat",
        "occurred_at": "Moment",
        "starts_on": "Begindatum",
        "ends_on": "Einddatum",
        "status": "Stand",
        "status_reason": "Reden van de stand",
        "event": "Stap",
        "implies": "Stappen die eruit volgen",
        "referral_id": "Kenmerk van Schakel",
        "referral_number": "Nummer van de verwijzing",
        "correlation": "Kenmerken van anderen",
        "receipt": "Ontvangstbewijs",
        "codes": "Codes",
        "text": "Omschrijving",
        "code": "Code",
        "type": "Soort bericht",
        "dropped_fields": "Wat eerder wegviel",
    }
)
_WHY = Words(
    {
        r"this message has no place for it": "Dit bericht heeft er geen plek voor.",
        r"cut to (\d+) characters": "Ingekort tot {0} tekens.",
        r"line breaks became spaces": "Nieuwe regels zijn spaties geworden.",
        r"characters that .*(replaced|left out|taken out)": "Tekens die hun formaat niet kent, zijn weggelaten.",
        r"iWmo knows products, no life domains": "Hun formaat kent producten, geen leefgebieden.",
        r"iWmo knows no urgency": "Hun formaat kent geen spoed.",
        r"iWmo carries no consent.*": "Hun formaat draagt geen toestemming of grond. Schakel heeft die al gewogen.",
        r"iWmo has no place for the client's own words": "Hun formaat heeft geen plek voor eigen woorden.",
        r"iWmo has no place for what goes well": "Hun formaat heeft geen plek voor wat goed gaat.",
        r"iWmo tells that help ended.*": "Hun formaat zegt dat hulp stopte, niet wat het opleverde.",
        r"iWmo tells the day, not the hour": "Hun formaat kent de dag, niet het uur.",
        r"iWmo wants a full date; sent as the (first|last) day": "Hun formaat wil een hele datum.",
        r"iWmo knows male, female and unknown": "Hun formaat kent man, vrouw en onbekend.",
        r"iWmo tells of no consent.*": "Hun formaat kent geen intrekking. Het ging als ingetrokken toewijzing.",
        r"only letters, and six at most": "Alleen letters, hooguit zes.",
        r"a (product|reason) goes by its code alone": "Alleen de code gaat mee.",
        r"this message names no (client|product)": "Dit bericht noemt dit niet.",
        r"this message tells no moment of its own": "Dit bericht noemt geen eigen moment.",
        r"(the partner knows|this message knows) the referral by.*": "Zij kennen de verwijzing bij een ander kenmerk.",
        r"the request goes by another reference": "Zij kennen de verwijzing bij een ander kenmerk.",
        r"the kind of the message says what happened": "De soort van het bericht zegt dit al.",
        r"a receipt travels as a message of its own": "Een ontvangstbewijs gaat als eigen bericht.",
        r"keys of other formats": "Kenmerken uit andere formaten.",
        r"an element that the standard doesn't name": "De standaard kent dit onderdeel niet.",
    }
)
# An id is taken whole: nine digits in a row in it are no number of anybody.
_NUMBER = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|(?<!\d)\d{9}(?!\d)")
_SAID = tuple((re.compile(pattern), pattern) for pattern in _WHY)


@dataclass(frozen=True, kw_only=True)
class DrawnForm:
    """One form as it is drawn: ``text`` to read, ``exact`` as it is where that differs, and its address."""

    key: str
    title: str
    about: str
    content_type: str = ""
    size: int = 0
    text: str | None = None
    exact: str | None = None
    cut: bool = False
    same: bool = False
    withheld: str | None = None


def drawn_forms(view: MessageView) -> list[DrawnForm]:
    """Give the forms in the order in which the message took them on."""
    return [_drawn(view, form) for form in (_INWARD if view.incoming else _OUTWARD)]


def _drawn(view: MessageView, form: Form) -> DrawnForm:
    title, about = _TITLES[_OURS if view.incoming and form is Form.ANSWER else form]
    drawn: dict[str, Any] = {"key": ADDRESSES[form], "title": title, "about": about}
    found = view.forms.get(form)
    if found is None:
        withheld = view.withheld.get(form)
        same = form is Form.SENT and withheld is None and Form.MAPPED in view.forms
        return DrawnForm(**drawn, same=same, withheld=WITHHELD_FORMS[withheld] if withheld else None)
    exact = _decoded(found)
    text = _pretty(found) or exact
    return DrawnForm(
        **drawn,
        content_type=found.content_type,
        size=found.size,
        text=as_shown(text),
        exact=as_shown(exact) if exact != text else None,
        cut=found.size > len(found.body) or len(text or "") > MOST_TEXT,
    )


def as_shown(text: str | None) -> str | None:
    """Give a text as a page shows it: of a citizen service number the last three digits, as everywhere."""
    if text is None:
        return None
    return _NUMBER.sub(lambda found: f"••••••{found[0][-3:]}" if bsn_is_valid(found[0]) else found[0], text[:MOST_TEXT])


def _decoded(form: ShownForm) -> str | None:
    """Give the bytes as text; nothing where they are none."""
    try:
        text = form.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text if all(one.isprintable() or one in "\r\n\t" for one in text) else None


def _pretty(form: ShownForm) -> str | None:
    """Give XML or JSON with an indent; nothing where it is neither, or is not sound."""
    if form.size > len(form.body):
        return None
    try:
        if form.body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
            root = safe_xml.loads(form.body)
            etree.indent(root)
            return str(etree.tostring(root, encoding="unicode"))
        if form.body.lstrip()[:1] in (b"{", b"["):
            return json.dumps(strict_json.loads(form.body), ensure_ascii=False, indent=2)
    except (Refusal, ValueError):
        return None  # what is not sound is shown as it came
    return None


def field_name(path: str) -> str:
    """Give the name of a field in words; of a partner's own path its last part, as they call it."""
    parts = [part for part in re.split(r"[./]", path) if part and not part.isdigit()]
    known = [_NAMES[part] for part in parts if part in _NAMES]
    return known[-1] if known else (parts[-1] if parts else path)


def why_lost(why: str) -> str:
    """Give why a field did not go along, in words; of a reason that has none here, that it does not fit."""
    for pattern, said in _SAID:
        found = pattern.fullmatch(why)
        if found is not None:
            return _WHY[said].format(*found.groups())
    return gettext("Dit past niet in hun formaat.")


def bytes_text(size: int) -> str:
    """Give a size in words."""
    return f"{size} bytes" if size < 1000 else f"{decimal(size / 1000)} kB"


def sizes_text(sizes: Mapping[str, int]) -> str:
    """Give the sizes of forms in one line."""
    return ", ".join(f"{_SIZED[name]} {bytes_text(size)}" for name, size in sizes.items())
