"""A browser's place: a Socket.IO client over websocket that watches cases and notes when each entry comes.

Reads its settings as JSON in the first line of standard input, says ``watching`` when every watch is answered, and
writes what it saw when standard input ends.
"""

import json
import sys
import time
from typing import Any

import socketio

NAMESPACE = "/live"


def main() -> None:
    """Watch until standard input ends."""
    asked = json.loads(sys.stdin.readline())
    came: list[tuple[str, str, int]] = []
    closed: list[str] = []
    client = socketio.Client(reconnection=False)

    def entry(body: dict[str, Any]) -> None:
        now = time.monotonic_ns()
        came.append((body["data"].get("referral_id", ""), body["kind"], now))

    client.on("entry", entry, namespace=NAMESPACE)
    client.on("closed", lambda body: closed.append(body["reason"]), namespace=NAMESPACE)
    client.connect(
        asked["url"], auth={"token": asked["token"]}, namespaces=[NAMESPACE], transports=["websocket"], wait_timeout=20
    )
    for case in asked["cases"]:
        answer = client.call("watch", {"case": case, "after": None}, namespace=NAMESPACE, timeout=20)
        if "error" in answer:
            raise SystemExit(f"a watch was refused: {answer['error']}")
    print("watching", flush=True)
    sys.stdin.read()
    seen = -1
    while seen < len(came):  # what is still on its way counts as late, not as lost
        seen = len(came)
        time.sleep(1.0)
    print(json.dumps({"came": came, "closed": closed}), flush=True)
    client.disconnect()


if __name__ == "__main__":
    main()
