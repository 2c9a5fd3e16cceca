"""What one viewer may see of a message of a referral, in each of its forms."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """The forms of a message. What a partner brought was ``received``, and ``answer`` is then ours."""

    CANONICAL = "canonical"
    MAPPED = "mapped"
    SENT = "sent"
    ANSWER = "answer"
    RECEIVED = "received"


class Withheld(StrEnum):
    """Why a form is not shown, without telling whether there is one."""

    ENDED = "ended"
    WALL = "wall"
    POLICY = "policy"
    OTHERS = "others"
    RECEIVER = "receiver"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, kw_only=True)
class ShownForm:
    """One form, byte for byte; ``size`` is larger than what is there where it was cut."""

    form: Form
    content_type: str
    body: bytes
    size: int


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """A message as a viewer may see it. ``withheld`` says for each form that is not shown why."""

    id: str
    referral_id: str
    kind: str
    at: dt.datetime
    sender: str
    receiver: str
    sender_name: str
    receiver_name: str
    incoming: bool
    state: str
    reference: str | None
    attempts: int
    line: str | None
    codes: tuple[str, ...]
    losses: tuple[tuple[str, str], ...]
    forms: Mapping[Form, ShownForm]
    withheld: Mapping[Form, Withheld]
