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
    """Give the browser and the system of a request."""
    told = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in _BROWSERS if mark in told), "Onbekende browser")
    system = next((name for mark, name in _SYSTEMS if mark in told), "")
    return f"{browser} op {system}" if system else browser
