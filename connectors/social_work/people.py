"""Reading of what the messages share: the client, the product and free text."""

from marshmallow import ValidationError

from connectors.protocol import Loss
from connectors.social_work import codes
from connectors.social_work.codes import Family
from connectors.social_work.trees import Node, broken
from schemas.fields import visible_text
from schemas.identifiers import bsn_is_valid
from schemas.message import Client, Coded

LONGEST_COMMENT = 20_000
_BIRTH_LENGTH = {None: 10, codes.DAY_UNKNOWN: 7, codes.MONTH_UNKNOWN: 4, codes.ALL_UNKNOWN: 0}


def client(node: Node, losses: list[Loss]) -> Client:
    """Read the client; in a 317 there is only the BSN."""
    bsn = node.texts["Bsn"]
    if not bsn_is_valid(bsn):
        raise broken(node.at("Bsn"), "This is not a citizen service number: it fails the eleven test.")
    gender = node.text("Geslacht")
    name = node.inner("Naam")
    surname = name.inner("Geslachtsnaam")
    if name.text("NaamGebruik") not in (None, codes.OWN_NAME):
        losses.append(Loss(field=name.at("NaamGebruik"), why="the client is known by the own name"))
    return Client(
        bsn=bsn,
        family_name=visible(surname, "Achternaam"),
        prefix=visible(surname, "Voorvoegsel"),
        initials=visible(name, "Voorletters"),
        given_name=visible(name, "Voornamen"),
        birth_date=_birth_date(node),
        gender=codes.GENDER_OF[gender] if gender else None,
    )


def _birth_date(node: Node) -> str | None:
    birth = node.inner("Geboortedatum")
    return (birth.text("Datum") or "")[: _BIRTH_LENGTH[birth.text("DatumGebruik")]] or None


def service(node: Node, family: Family) -> Coded | None:
    """Read a product: its code where that begins with the category (``02A03``), else both (``02/ABC``)."""
    product = node.inner("Product")
    category, code = product.text("Categorie"), visible(product, "Code")
    if category is None:
        return None
    whole = code is not None and code.startswith(category) and code[2:3] not in ("", "/")
    text = code if whole else "/".join(filter(None, (category, code)))
    return Coded(code=text or category, system=family.name)


def comment(node: Node, losses: list[Loss]) -> str | None:
    """Read free text; what can't be seen or is too long is left out and told."""
    text = node.text("Commentaar")
    if text is None:
        return None
    shown = "".join(letter for letter in text if _can_be_seen(letter)).strip()
    if shown != text:
        losses.append(Loss(field=node.at("Commentaar"), why="characters that can't be seen were left out"))
    if len(shown) > LONGEST_COMMENT:
        losses.append(Loss(field=node.at("Commentaar"), why=f"cut to {LONGEST_COMMENT} characters"))
    return shown[:LONGEST_COMMENT].strip() or None


def visible(node: Node, name: str) -> str | None:
    """Give a text that is a name or a key; one with characters that can't be seen is refused, never guessed."""
    text = node.text(name)
    if text is not None and not _can_be_seen(text):
        raise broken(node.at(name), "The text holds characters that can't be seen.")
    return text


def _can_be_seen(text: str) -> bool:
    try:
        visible_text(text)
    except ValidationError:
        return False
    return True
