"""What may stand in the configuration file, table by table, and the forms of the identifiers in it."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from connectors.transports.settings import Flag, Text
from schemas.vocabulary import LifeDomain, OrganisationKind, Purpose, SharedField

DIGITS = {"agb": 8, "gemeentecode": 4, "kvk": 8, "oin": 20, "rsin": 9, "ura": 8, "uzi": 8}
"""How many digits an identifier has: AGB (Vektis), gemeentecode (CBS), KvK, OIN (Logius), RSIN, URA and UZI (CIBG)."""
_OIN = validate.Regexp(r"[0-9]{20}\Z", error="Must be 20 digits.")


class _Day(fields.Field[dt.date]):
    """A date as TOML has it, without a time."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dt.date:
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            raise ValidationError("Must be a date, for instance 2027-01-01.")
        return value


class NotifyTable(Schema):
    """``[organisations.CODE.notify]``."""

    mail = fields.Email(required=True)


class OrganisationTable(Schema):
    """``[organisations.CODE]``."""

    name = Text(required=True)
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    oin = fields.String(required=True, validate=_OIN)
    connector = Text()
    transport = fields.Dict()
    dialect = fields.Dict()
    identifiers = fields.Dict()
    notify = fields.Nested(NotifyTable)
    area = Text()
    phone = Text()


class ServiceTable(Schema):
    """``[services.CODE]``."""

    organisation = Text(required=True)
    name = Text(required=True)
    purpose = fields.Enum(Purpose, by_value=True, required=True)
    life_domains = fields.List(fields.Enum(LifeDomain, by_value=True))
    codes = fields.Dict(keys=Text(), values=Text())
    reply_days = fields.Integer(strict=True, validate=validate.Range(1, 365))
    shares = fields.List(fields.Enum(SharedField, by_value=True))
    about = Text()
    areas = fields.List(Text(), validate=validate.Length(min=1))
    several = Flag()
    practical = Flag()


class PolicyTable(Schema):
    """``[policy]``."""

    masked_care_status_without_consent = Flag()
    wams_from = _Day()


class ProviderTable(Schema):
    """``[sign_in.oidc.NAME]``; ``read_sign_in`` looks at the values."""

    class Meta:
        include = {  # noqa: RUF012 - so marshmallow wants it
            name: fields.Raw()
            for name in (
                *("label", "issuer", "client_id", "client_secret_file", "client_secret_variable"),
                *("person_claim", "match", "second_factor", "algorithms", "scopes"),
            )
        }


class SignInTable(Schema):
    """``[sign_in]``; ``read_sign_in`` looks at the values."""

    second_factor = fields.Raw()
    idle_minutes = fields.Raw()
    longest_hours = fields.Raw()
    local = Flag()
    certificate_header = Text()
    oidc = fields.Dict(values=fields.Nested(ProviderTable))


class File(Schema):
    """The file as a whole."""

    desk = Text(required=True)
    digest_hour = fields.Integer(strict=True, validate=validate.Range(0, 23))
    document_megabytes = fields.Integer(strict=True, validate=validate.Range(1, 25))
    policy = fields.Nested(PolicyTable)
    sign_in = fields.Nested(SignInTable)
    mail = fields.Dict()
    organisations = fields.Dict(required=True, values=fields.Nested(OrganisationTable))
    services = fields.Dict(values=fields.Nested(ServiceTable))


def wrong_identifiers(identifiers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give each identifier of an organisation that is not known or not of its form, and what is wrong."""
    for system, value in identifiers.items():
        values = [value] if isinstance(value, str) else value
        if system not in DIGITS:
            yield system, f"Is not known; the identifiers are {', '.join(sorted(DIGITS))}."
        elif not isinstance(values, list) or not values or not all(_has_form(one, DIGITS[system]) for one in values):
            yield system, f"Must be {DIGITS[system]} digits, or a list of such."


def _has_form(value: Any, digits: int) -> bool:
    return isinstance(value, str) and len(value) == digits and value.isascii() and value.isdigit()
