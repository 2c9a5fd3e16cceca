"""What kind of browser someone signs in with, in two words: enough to know one's own sessions by."""

from flask import Request

# The order counts: Edge calls itself Chrome too, and Chrome calls itself Safari.
_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_of(request: Request) -> str:
    """Give the browser and the system of a request, as far as they are known; no words, for they are kept."""
    told = request.headers.get("User-Agent", "")
    found = (next((name for mark, name in known if mark in told), "") for known in (_BROWSERS, _SYSTEMS))
    return ", ".join(name for name in found if name)
