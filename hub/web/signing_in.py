"""Signing in and out, and going on in another session; each call is one or two units of work, told to the audit log."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from flask import has_request_context, request

from hub.models import Post
from hub.rules.audit import Deed, Outcome
from hub.services.people import identity, oidc, second_factor, sessions
from hub.services.people.sessions import Origin, SignedIn, Stage
from hub.services.people.throttling import Turn, Wait, bucket, give_back, take_turn
from hub.services.record import audit
from hub.services.views.viewer import Viewer
from hub.settings import Configuration, Organisation
from hub.store.database import UnitOfWork
from hub.web.backend import Entered, Refused
from hub.wiring import Hub


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class SigningIn:
    """Signing in and out, with a second step, and in which post."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.providers = oidc.Providers(hub.config.sign_in.providers)

    @property
    def _config(self) -> Configuration:
        return self._hub.config

    def sign_in(self, username: str, password: str, address: str, device: str) -> Entered | Refused:
        """Sign someone in with a local account. The try is counted, and committed, before the password is looked at."""
        if not self._config.sign_in.local:
            return Refused()
        account = username.casefold()
        turn = self._turn("person", account, address)
        if isinstance(turn, Wait):
            self._tell(self._nobody(account), Deed.SIGN_IN, Outcome.DENIED, "throttled")
            return refused(turn)
        with self._hub.store.reading() as reading:
            person = identity.check_password(reading, username, password)
            posts = identity.posts_of(reading, person.id, _now().date()) if person is not None else []
        if person is None or not posts:
            self._tell(self._nobody(account), Deed.SIGN_IN, Outcome.FAILED, "password")
            return Refused()
        with self._hub.store.writing() as work:
            give_back(work, "person", turn)
            token = sessions.open_session(
                work,
                self._config,
                posts[0],
                self._origin(address, device),
                stage=self._stage(person.factor_since is not None, once=person.password_once),
                how="password",
                second_factor=False,
            )
        return self._entered(token, "password")

    def enter_by(self, name: str, claims: Mapping[str, Any], address: str, device: str) -> Entered | Refused:
        """Sign in whom an OpenID provider vouches for; who is not known here stays out."""
        provider = self._config.sign_in.providers[name]
        with self._hub.store.reading() as reading:
            person = oidc.person_of(reading, provider, claims)
            posts = identity.posts_of(reading, person.id, _now().date()) if person is not None else []
        if not posts:
            self._tell(self._nobody(str(claims.get("sub"))), Deed.SIGN_IN, Outcome.FAILED, f"oidc:{name}")
            return Refused()
        with self._hub.store.writing() as work:
            token = sessions.open_session(
                work,
                self._config,
                posts[0],
                self._origin(address, device),
                stage=Stage.FULL,
                how=f"oidc:{name}",
                second_factor=bool(provider.second_factor),
            )
        return self._entered(token, f"oidc:{name}")

    def _stage(self, has_factor: bool, *, once: bool) -> Stage:
        if has_factor:
            return Stage.CODE
        if once:
            return Stage.PASSWORD
        return Stage.ENROL if self._config.sign_in.second_factor_required else Stage.FULL

    def _turn(self, kind: str, account: str, address: str) -> Turn | Wait:
        with self._hub.store.writing() as work:
            return take_turn(work, kind, account, address)

    def _origin(self, address: str, device: str) -> Origin:
        return Origin(address=sessions.address_hash(self._hub.settings.secret_key, address), device=device)

    def _entered(self, token: str, why: str) -> Entered | Refused:
        with self._hub.store.reading() as reading:
            found = sessions.signed_in(reading, self._config, token, _now())
        if found is not None:
            self._tell(found.viewer, Deed.SIGN_IN, Outcome.OK, f"{why}:{found.stage}")
        return Entered(token=token, session=found) if found is not None else Refused()

    def signed_in(self, token: str) -> SignedIn | None:
        """Give the session behind a token, and note now and then that it is used: by someone, not by an open page."""
        with self._hub.store.reading() as reading:
            found = sessions.signed_in(reading, self._config, token, _now())
        if found is not None and found.stale and not _by_itself():
            self._write(lambda work: sessions.touch(work, found.id))
        return found

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._hub.store.reading() as reading:
            found = sessions.signed_in(reading, self._config, token, _now())
        if found is None:
            return
        self._write(lambda work: sessions.end_session(work, found.id, "signed_out"))
        self._tell(found.viewer, Deed.SIGN_OUT, Outcome.OK, None)

    def give_code(self, signed_in: SignedIn, code: str, address: str, device: str) -> Entered | Refused:
        """Finish a sign-in with a code of the authenticator, or a recovery code."""
        turn = self._turn("code", signed_in.person_id, address)
        if isinstance(turn, Wait):
            return refused(turn)
        with self._hub.store.writing() as work:
            right = second_factor.accept(work, signed_in.person_id, code)
        if not right:
            self._tell(signed_in.viewer, Deed.SIGN_IN, Outcome.FAILED, "code")
            return Refused()
        with self._hub.store.writing() as work:
            give_back(work, "code", turn)
        with self._hub.store.reading() as reading:
            once = identity.password_once(reading, signed_in.person_id)
        stage = Stage.PASSWORD if once else Stage.FULL
        return self._renew(signed_in, address, device, stage=stage, second_factor=True)

    def organisations(self) -> Mapping[str, Organisation]:
        """Give the organisations by their code."""
        return self._config.organisations

    def posts(self, signed_in: SignedIn) -> list[Post]:
        """Give the posts that one may choose from."""
        with self._hub.store.reading() as reading:
            return identity.posts_of(reading, signed_in.person_id, _now().date())

    def switch(self, signed_in: SignedIn, post_id: str, address: str, device: str) -> Entered | Refused:
        """Go on in another post: a new session, which ends when the first would have."""
        post = next((one for one in self.posts(signed_in) if one.id == post_id), None)
        return self._renew(signed_in, address, device, post=post) if post is not None else Refused()

    def _renew(
        self,
        signed_in: SignedIn,
        address: str,
        device: str,
        *,
        stage: Stage = Stage.FULL,
        second_factor: bool | None = None,
        post: Post | None = None,
    ) -> Entered | Refused:
        """Put another session in the place of this one: what a session may do never grows under the same token."""
        with self._hub.store.writing() as work:
            ended = sessions.end_session(work, signed_in.id, "renewed")
            held = identity.posts_of(work.session, signed_in.person_id, work.now.date())
            kept = post or next((one for one in held if one.id == signed_in.post_id), None)
            if not ended or kept is None:
                return Refused()
            token = sessions.open_session(
                work,
                self._config,
                kept,
                self._origin(address, device),
                stage=stage,
                how=signed_in.how,
                second_factor=signed_in.second_factor if second_factor is None else second_factor,
                ends_at=signed_in.ends_at,
            )
        return self._entered(token, "other_post" if post is not None else "renewed")

    def _nobody(self, account: str) -> Viewer:
        """Give who tried without proving who it is: a hash of the name, for the name may be a password typed wrong."""
        own = self._config.municipality
        name = bucket("account", account)[-32:]
        return Viewer(
            id=name, name="", organisation=own.code, organisation_name=own.name, role="unknown", purpose="operations"
        )

    def _tell(self, viewer: Viewer, deed: Deed, outcome: Outcome, detail: str | None) -> None:
        where = audit.occasion(self._config, "web")
        entry = audit.Entry(viewer=viewer, deed=deed, outcome=outcome, detail=detail)
        audit.record(self._hub.store, where, [entry])

    def _write(self, change: Callable[[UnitOfWork], object]) -> None:
        with self._hub.store.writing() as work:
            change(work)


def _by_itself() -> bool:
    """Whether an open page asks by itself: that keeps nobody signed in."""
    return has_request_context() and "X-Fragment" in request.headers


def refused(turn: Wait) -> Refused:
    """Give a sign-in that must wait, in whole seconds."""
    return Refused(wait=max(int(turn.time.total_seconds() + 0.999), 1))
