"""The cookie of a session: the random token and nothing else, never sent along from another site."""

from flask import Response, current_app, request

from hub.services.people.sessions import COOKIE, SECURE_COOKIE


def _secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def _name() -> str:
    return SECURE_COOKIE if _secure() else COOKIE


def token() -> str:
    """Give the token that the browser sent, or nothing."""
    return request.cookies.get(_name(), "")[:200]


def give(answer: Response, value: str) -> Response:
    """Hand the browser a new token; it keeps it until it is closed, we decide when it ends."""
    answer.set_cookie(_name(), value, httponly=True, secure=_secure(), samesite="Strict", path="/")
    return answer


def take_away(answer: Response) -> Response:
    """Have the browser forget its token."""
    answer.delete_cookie(_name(), httponly=True, secure=_secure(), samesite="Strict", path="/")
    return answer
