"""What can go wrong in a service. Two questions: whose fault, and does waiting help (``permanent``)."""

from schemas.vocabulary import Event


class ServiceError(Exception):
    """The root of this folder's errors. ``code`` is stable: programs may rely on it."""

    code = "failed"
    permanent = True

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(ServiceError):
    """It is not there, or not there for the one who asks: the answer is the same."""

    code = "not_found"


class Forbidden(ServiceError):
    """The one who asks may not do this."""

    code = "forbidden"


class Invalid(ServiceError):
    """What was given can't be used; ``field`` says where."""

    code = "invalid"


class StateForbids(ServiceError):
    """The referral's state does not allow the event now. ``allowed`` is what the one who asks may do."""

    code = "state_forbids"

    def __init__(self, message: str, *, allowed: tuple[Event, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed


class Erased(ServiceError):
    """The content of this case was erased: its key is destroyed, and nothing can be added."""

    code = "erased"


class KeyReused(ServiceError):
    """The Idempotency-Key was used before, for another body."""

    code = "idempotency_key_reused"


class VersionConflict(ServiceError):
    """Someone changed the referral after it was read."""

    code = "version_conflict"


class NotNow(ServiceError):
    """It can't be done in the present state of things; ``message`` says what must come first."""

    code = "not_now"


class Outdated(ServiceError):
    """Someone changed what was written down after it was read. ``version`` is what stands there now."""

    code = "outdated"

    def __init__(self, message: str, *, version: int) -> None:
        super().__init__(message)
        self.version = version
