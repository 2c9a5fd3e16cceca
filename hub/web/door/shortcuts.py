"""Whether the keys of one letter work: a choice of whoever sits at this browser, kept in a cookie that says no more."""

from flask import Response, current_app, request

_COOKIE, _OFF = "sneltoetsen", "uit"
_A_YEAR = 365 * 24 * 3600


def shortcuts_work() -> bool:
    """Whether they work here; they do unless someone switched them off (WCAG 2.1.4)."""
    return request.cookies.get(_COOKIE) != _OFF


def keep_shortcuts(answer: Response, *, on: bool) -> Response:
    """Have the browser keep the choice."""
    answer.set_cookie(
        _COOKIE, "" if on else _OFF, max_age=0 if on else _A_YEAR, httponly=True, samesite="Lax", path="/",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )  # fmt: skip
    return answer
