"""Mail that something waits: one for a stretch of time, by the outbox, without a word of what; and no state changes."""

import datetime as dt
import json
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from email import message_from_bytes
from email.message import Message as Mail
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from freezegun import freeze_time
from sqlalchemy import select, update

from connectors.errors import TransportError
from connectors.transports.mail import SUBJECT, look, mistakes, open_mail
from hub.models import OutboxRecord, Referral
from hub.services.messages.feed import feed
from hub.services.messages.notices import NOTICE
from hub.services.overview.personal_notices import Recipients
from hub.services.referrals import sending
from hub.wiring import Hub
from tests.builders import client, new_referral
from tests.integration.callers import GGZ
from tests.personas import MARLOES
from workers.inbox import InboxWorker
from workers.notices import NoticeWorker
from workers.relay import Relay

SPOEL, LINK = "de-spoel", "https://schakel.example/werklijst"


class Post:
    """A mail server's desk. ``refuse`` is what it answers instead of taking a mail."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], Mail]] = []
        self.refuse: str | None = None

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd asks
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.refuse is not None:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as aiosmtpd asks
        assert session.ssl is not None, "never without TLS"
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 OK"


def _knows(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (b"schakel", b"a secret"))


class MailServer(Controller):
    """A mail server that asks for STARTTLS and a password before it takes anything."""

    def __init__(self, post: Post, context: ssl.SSLContext) -> None:
        super().__init__(post, hostname="127.0.0.1", port=0)
        self._context = context

    def factory(self) -> SMTP:
        return SMTP(
            self.handler,
            tls_context=self._context,
            require_starttls=True,
            auth_required=True,
            authenticator=_knows,
        )

    def _trigger_server(self) -> None:
        self.port = self.found_port
        super()._trigger_server()

    @property
    def found_port(self) -> int:
        assert self.server is not None
        return int(self.server.sockets[0].getsockname()[1])


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def settings(post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("MAIL_PASSWORD", "a secret")
    server = MailServer(post, context)
    server.start()
    yield {
        "host": "127.0.0.1",
        "port": server.found_port,
        "inside": True,
        "tls": "starttls",
        "ca": str(tmp_path / "ca.pem"),
        "user": "schakel",
        "password": "env:MAIL_PASSWORD",
        "sender": "schakel@tilburg.example",
        "link": LINK,
    }
    server.stop()


@pytest.fixture
def told(hub: Hub, settings: dict[str, Any]) -> Hub:
    """Give a hub at which two organisations want mail: one on screen, one with a system of its own."""
    organisations = {
        code: replace(one, notify={"mail": f"team@{code}.example"}) if code in (SPOEL, GGZ) else one
        for code, one in hub.config.organisations.items()
    }
    organisations[SPOEL] = replace(organisations[SPOEL], transport=None)
    config = replace(hub.config, organisations=organisations, mail=settings)
    made = Hub(settings=hub.settings, config=config, store=hub.store, broker=hub.broker)
    made.broker.declare(made.queues())
    return made


def send(hub: Hub, to: str = SPOEL, **changes: Any) -> Referral:
    with hub.store.writing() as work:
        return sending.send_referral(work, hub.config, MARLOES, new_referral(to=to, **changes))


def notices(hub: Hub) -> list[Any]:
    with hub.store.reading() as session:
        columns = (OutboxRecord.lane, OutboxRecord.state, OutboxRecord.open, OutboxRecord.body, OutboxRecord.due_at)
        rows = session.execute(
            select(*columns, OutboxRecord.error, OutboxRecord.created_at)
            .where(OutboxRecord.kind == NOTICE)
            .order_by(OutboxRecord.id)
        )
        return list(rows)


def make_due(hub: Hub) -> None:
    with hub.store.writing() as work:
        work.execute(update(OutboxRecord).where(OutboxRecord.kind == NOTICE, OutboxRecord.open).values(due_at=work.now))


def carry(hub: Hub) -> None:
    """Let the notices go, be mailed, and be told of."""
    assert hub.config.mail is not None
    make_due(hub)
    with (
        closing(Relay(hub.store, hub.broker)) as relay,
        closing(NoticeWorker(Recipients(hub.store, hub.config), hub.broker, open_mail(hub.config.mail))) as worker,
        closing(InboxWorker(hub.store, hub.config, hub.broker)) as inbox,
    ):
        relay.step()
        assert worker.step(5.0)
        assert inbox.step(5.0)


def test_a_mail_for_mental_health_care_says_nothing_of_what_waits(told: Hub, post: Post) -> None:
    referral = send(told, GGZ, life_domains=["mental_health"], reason="Depressie en angst.")
    carry(told)
    ((to, mail),) = post.taken
    assert to == ["team@ggz-de-leij.example"]
    assert mail["Subject"] == SUBJECT
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().strip() == f"Er staat iets voor u klaar op uw werklijst: {LINK}"
    everything = mail.as_string().lower().replace(mail["To"].lower(), "")
    client_of_it = client()
    words = [referral.id, referral.case_id, str(referral.number), client_of_it.bsn, client_of_it.family_name]
    words += [
        "depressie",
        "ggz",
        "geestelijk",
        "mental",
        "verwijzing",
        "tilburg.nl",
        MARLOES.name,
        MARLOES.organisation,
    ]
    assert [word for word in words if word and word.lower() in everything] == []


def test_who_works_on_screen_gets_one_mail_for_all_of_a_stretch_and_the_referral_stands_as_it_stood(
    told: Hub, post: Post
) -> None:
    with freeze_time("2026-11-23 09:01:00", tick=True):
        made = [send(told) for _ in range(3)]
    with freeze_time("2026-11-23 09:20:00", tick=True):
        send(told)
    first, second = notices(told)
    assert first.due_at == dt.datetime(2026, 11, 23, 9, 15, 10, tzinfo=dt.UTC)
    assert second.due_at == dt.datetime(2026, 11, 23, 9, 30, 10, tzinfo=dt.UTC)
    assert json.loads(first.body) == {"organisation": SPOEL}
    carry(told)
    carry(told)
    assert len(post.taken) == 2
    assert [(row.state, row.open) for row in notices(told)] == [("delivered", False)] * 2
    with told.store.reading() as session:
        states = session.execute(
            select(Referral.delivery, Referral.status).where(Referral.id.in_([one.id for one in made]))
        )
        assert {tuple(row) for row in states} == {("delivered", "sent")}


def test_a_mail_that_is_refused_stops_no_message_and_stands_before_the_operator(told: Hub, post: Post) -> None:
    post.refuse = "550 no such box"
    referral = send(told)
    carry(told)
    (row,) = notices(told)
    assert (row.state, row.open, row.error) == ("quarantined", True, "refused: The mail server refuses the mail.")
    with told.store.reading() as session:
        assert session.scalars(select(Referral.delivery).where(Referral.id == referral.id)).one() == "delivered"
        listed = feed(session, SPOEL, after=0, limit=10)
        assert [one for one in listed if b"notice" in (one.body or b"")] == []


def test_a_mail_server_that_is_busy_is_tried_again(told: Hub, post: Post) -> None:
    post.refuse = "451 later"
    send(told)
    carry(told)
    (row,) = notices(told)
    assert (row.state, row.open) == ("waiting", True)
    post.refuse = None
    carry(told)
    assert len(post.taken) == 1


def test_who_wants_no_mail_gets_none(told: Hub) -> None:
    send(told, "mw-de-kade")
    assert notices(told) == []


def test_nothing_is_written_where_no_mail_is_configured(hub: Hub) -> None:
    send(hub)
    assert notices(hub) == []


def test_a_rolled_back_message_leaves_no_notice(told: Hub) -> None:
    with pytest.raises(RuntimeError), told.store.writing() as work:
        sending.send_referral(work, told.config, MARLOES, new_referral(to=SPOEL))
        raise RuntimeError
    assert notices(told) == []


def test_the_same_notice_twice_bears_the_same_id(settings: dict[str, Any], post: Post) -> None:
    mailer = open_mail(settings)
    for _ in range(2):
        mailer.tell("a@b.example", notice_id="n-1")
    assert [mail["Message-ID"] for _to, mail in post.taken] == ["<n-1@tilburg.example>"] * 2


def test_a_server_that_we_do_not_believe_gets_neither_password_nor_mail(
    settings: dict[str, Any], post: Post, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    other = {**settings, "ca": str(tmp_path / "other.pem")}
    with pytest.raises(TransportError) as caught:
        open_mail(other).tell("a@b.example", notice_id="n-1")
    assert not caught.value.permanent and post.taken == []
    (finding,) = look(other)
    assert "does not let us in" in finding.finding


def test_a_look_signs_in_and_sends_nothing(
    settings: dict[str, Any], post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [(one.what, one.finding) for one in look(settings)] == [("mail", "well"), ("mail certificate", "well")]
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2")
    (finding,) = look(settings)
    assert finding.finding != "well" and "hunter2" not in finding.finding
    assert post.taken == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"tls": "none"}, "tls"),
        ({"sender": "schakel"}, "sender"),
        ({"link": "http://schakel.example/"}, "link"),
        ({"password": "hunter2"}, "password"),
        ({"interval_minutes": 0}, "interval_minutes"),
        ({"inside": False}, "host"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], change: dict[str, Any], key: str) -> None:
    found = mistakes({**settings, **change})
    assert [one.key for one in found] == [key]
    assert "hunter2" not in f"{found}"
