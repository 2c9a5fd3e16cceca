"""Pages that a browser fetches before anybody asked for them."""

from flask import request


def fetched_ahead() -> bool:
    """Whether a browser fetches this for later: then nobody looked at it yet."""
    return "prefetch" in f"{request.headers.get('Sec-Purpose', '')} {request.headers.get('Purpose', '')}"
