"""The sender of a drill: sends the planned referrals at their time, each until it knows that it was accepted."""

import itertools
import secrets
import threading
import time
from typing import Any

import httpx

from schemas.vocabulary import Event, Status
from workers.drill.agenda import Agenda
from workers.drill.caller import PAUSE, Caller
from workers.drill.plan import SENDER, SOCIAL_WORK, Plan, PlannedReferral
from workers.drill.script import Accepted, Script

_THREADS = 8


class Driver:
    """Sends the load over HTTP and adds what the stories ask of the sender."""

    def __init__(self, plan: Plan, url: str, script: Script) -> None:
        self._plan = plan
        self._script = script
        self._caller = Caller(url, SENDER)
        self._agenda = Agenda("sender", threads=3)
        self._next = itertools.count()
        self._stop = threading.Event()
        self._began = 0.0
        self._run = secrets.token_hex(4)  # a database that is not ours may know the keys of an earlier drill
        self._threads = [
            threading.Thread(target=self._send_all, name=f"sender {n}", daemon=True) for n in range(_THREADS)
        ]

    @property
    def under_way(self) -> int:
        """How many calls wait for an answer now."""
        return self._caller.under_way

    @property
    def done(self) -> bool:
        """Whether everything that the sender has to say was said."""
        return not any(thread.is_alive() for thread in self._threads) and self._agenda.left == 0

    def start(self) -> None:
        """Begin."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop; what was not said stays unsaid."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:  # it may have been interrupted before its beginning
                thread.join()
        self._agenda.close()
        self._caller.close()

    def _send_all(self) -> None:
        # Next() of a count is one step of the interpreter: no two threads get the same one.
        while (index := next(self._next)) < len(self._plan.referrals) and not self._stop.is_set():
            planned = self._plan.referrals[index]
            self._stop.wait(max(self._began + planned.at - time.monotonic(), 0))
            self._send(planned)

    def _send(self, planned: PlannedReferral) -> None:
        self._script.attempt()
        key = {"Idempotency-Key": f"drill-{self._run}-{planned.index}"}
        while not self._stop.is_set():
            answer = self._caller.call("POST", "/api/v1/referrals", key, json=body_of(planned))
            if answer is not None:
                self._sent(planned, answer)
                return
            self._script.retried()
            self._stop.wait(PAUSE)

    def _sent(self, planned: PlannedReferral, answer: httpx.Response) -> None:
        if answer.status_code != 201:
            self._script.refused(f"referral {planned.index}: {answer.status_code} {answer.text[:200]}")
            return
        referral = answer.json()
        accepted = Accepted(planned=planned, referral_id=referral["id"], number=referral["number"])
        self._script.accepted(accepted)
        if planned.story.sender is not None:
            event = planned.story.sender
            self._script.attempt()
            self._agenda.later(planned.sender_after, lambda: self._add(accepted, event))

    def _add(self, accepted: Accepted, event: Event) -> bool:
        """Record the sender's event; an answer first waits for the question."""
        path = f"/api/v1/referrals/{accepted.referral_id}"
        if event is Event.ANSWER:
            if not self._script.was_said(accepted.referral_id, Event.ASK):
                return False
            if not self._has_status(path, Status.QUESTION):
                return self._happened(accepted, path, event)
        answer = self._caller.call("POST", f"{path}/events", json={"event": event, "note": "Bij de oefening."})
        if answer is not None and answer.is_success:
            self._script.said(accepted.referral_id, event)
            return True
        # An event has no key of its own: the trail tells whether a call had its effect before the line broke.
        if self._happened(accepted, path, event):
            return True
        if answer is None:
            self._script.retried()
            return False
        self._script.refused(f"{event} of {accepted.planned.index}: {answer.status_code} {answer.text[:200]}")
        return True

    def _has_status(self, path: str, status: Status) -> bool:
        answer = self._caller.call("GET", path)
        return answer is not None and answer.is_success and answer.json()["status"] == status

    def _happened(self, accepted: Accepted, path: str, event: Event) -> bool:
        answer = self._caller.call("GET", f"{path}/trail")
        if answer is None or answer.is_error or not any(step["kind"] == event for step in answer.json()["items"]):
            return False
        self._script.said(accepted.referral_id, event)
        return True


def body_of(planned: PlannedReferral) -> dict[str, Any]:
    """Give what is sent; ``reason`` tells the checker which planned referral it is."""
    social = planned.to == SOCIAL_WORK
    return {
        "client": {
            "bsn": planned.bsn,
            "family_name": f"Oefening {planned.bsn[-4:]}",
            "given_name": "Proef",
            "birth_date": "1980-05-05",
            "gender": "female",
        },
        "to": planned.to,
        "service": "wmo-begeleiding" if social else "ggz-kennismaking",
        "life_domains": ["finances" if social else "mental_health"],
        "reason": marker(planned.index),
        "urgency": "routine",
        "ground": {"basis": "consent", "purpose": "guidance", "evidence": "oefening"},
    }


def marker(index: int) -> str:
    """Give the text by which a planned referral is known again."""
    return f"Oefening, verwijzing {index}."
