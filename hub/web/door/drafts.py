"""The key of drafts that a browser keeps: they are read again by who wrote them, and by nobody after them."""

import base64
import hashlib
import hmac

from flask import current_app

from hub.services.views.viewer import Viewer


def draft_key(viewer: Viewer) -> str:
    """Give the key with which this person's browser seals a half-filled form; it is only given to who is signed in."""
    secret = str(current_app.secret_key).encode()
    drawn = hmac.new(secret, f"draft|{viewer.id}|{viewer.organisation}".encode(), hashlib.sha256).digest()
    return base64.b64encode(drawn).decode()
