"""Signing what we send as a webhook, after Standard Webhooks 1.0: a partner knows that it is ours, and unchanged."""

import binascii
import datetime as dt
from collections.abc import Mapping, Sequence

from standardwebhooks import Webhook

from connectors.errors import TransportError

PREFIX = "whsec_"
SHORTEST = 24


class WebhookSigner:
    """Signs with each secret: while one is replaced by another, a partner that knows either can check."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """``ValueError`` where a secret is not ``whsec_`` and 24 bytes or more in base64."""
        self._hooks = [_hook(secret) for secret in secrets]

    def headers(self, body: bytes, *, message_id: str, now: dt.datetime) -> Mapping[str, str]:
        """Give the three headers. The id is that of the message, at each try the same; the time is that of the try."""
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise TransportError("What is not UTF-8 can't be signed as a webhook.", permanent=True) from error
        signatures = [hook.sign(message_id, now, text) for hook in self._hooks]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _hook(secret: str) -> Webhook:
    bare = secret.removeprefix(PREFIX)
    try:
        long_enough = len(binascii.a2b_base64(bare, strict_mode=True)) >= SHORTEST
    except (binascii.Error, ValueError) as error:
        raise ValueError("the secret of a webhook is whsec_ and base64") from error
    if bare == secret or not long_enough:
        raise ValueError(f"the secret of a webhook is whsec_ and at least {SHORTEST} bytes in base64")
    return Webhook(secret)
