"""What can go wrong between a partner's format and ours. Two questions: whose fault, and does waiting help."""

from enum import StrEnum

from schemas.identifiers import fit_to_repeat


class RefusalCode(StrEnum):
    """Why a message is refused, in the words of the command line and the API."""

    MALFORMED = "malformed"
    UNSUPPORTED_VERSION = "unsupported_version"
    CANNOT_EXPRESS = "cannot_express"
    NOT_ALLOWED = "not_allowed"
    TOO_LARGE = "too_large"


NOT_THE_SENDER = "not-the-sender"
"""The ``dialect_code`` where a payload names another source than who brought it: someone speaks for another."""


class ConnectorError(Exception):
    """The root of this folder's errors. ``permanent`` says that the same try later can't succeed."""

    permanent = True


class Refusal(ConnectorError):
    """A message that is refused by name.

    ``field`` is the path in the partner's own terms; ``dialect_code`` the dialect's own code for its answer (an iWmo
    return code, a FHIR issue code). The text never holds a value of the message: it may be shown and logged.
    """

    def __init__(
        self, code: RefusalCode, message: str, *, field: str | None = None, dialect_code: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = fit_to_repeat(field) if field else field
        self.dialect_code = dialect_code


class TransportError(ConnectorError):
    """A payload did not get across. ``unknown`` says that the other side may have taken it all the same.

    ``answer`` is what the other side said to it, byte for byte, with its content type: a refusal in its own dialect.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        unknown: bool = False,
        retry_after: float | None = None,
        answer: tuple[bytes, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.unknown = unknown
        self.retry_after = retry_after
        self.answer = answer
