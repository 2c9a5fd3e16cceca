"""Accounts as the pages use them: each call is one or two units of work, and is told to the audit log."""

import datetime as dt
from dataclasses import dataclass

from flask import current_app

from hub.rules.audit import Deed, Outcome
from hub.rules.passwords import Weakness, weakness
from hub.services.errors import Invalid
from hub.services.people import identity, second_factor, sessions
from hub.services.people.sessions import OpenSession, SignedIn, Stage
from hub.services.people.throttling import Wait, give_back
from hub.web.backend import Entered, Refused
from hub.web.signing_in import SigningIn, refused

EXTENSION = "schakel-accounts"


@dataclass(frozen=True, kw_only=True)
class Factor:
    """How it stands with a second factor; ``secret`` and ``address`` are there only until a code confirms them."""

    in_use: bool
    secret: str | None
    address: str | None


class Accounts(SigningIn):
    """One's own account: password, second factor, mail, language and sessions."""

    def change_password(
        self, signed_in: SignedIn, old: str, new: str, address: str, device: str
    ) -> Entered | Refused | Weakness:
        """Change one's own password; every other session of this person ends."""
        turn = self._turn("person", f"own:{signed_in.person_id}", address)
        if isinstance(turn, Wait):
            return refused(turn)
        with self._hub.store.reading() as reading:
            right = identity.fits_own(reading, signed_in.person_id, old)
            username = identity.username_of(reading, signed_in.person_id)
            has_factor = identity.has_factor(reading, signed_in.person_id)
        if not right:
            return Refused()
        weak = weakness(new, username, signed_in.viewer.name)
        if weak is not None or new == old:
            return weak or Weakness.COMMON
        with self._hub.store.writing() as work:
            give_back(work, "person", turn)
            identity.set_password(work, signed_in.person_id, new)
            sessions.end_all(work, signed_in.person_id, "password_changed", but=signed_in.id)
        self._tell(signed_in.viewer, Deed.ACCOUNT_CHANGE, Outcome.OK, "own_password")
        must_enrol = not has_factor and self._config.sign_in.second_factor_required
        return self._renew(signed_in, address, device, stage=Stage.ENROL if must_enrol else Stage.FULL)

    def choose_language(self, signed_in: SignedIn, code: str) -> None:
        """Have the screen speak another language to this person, everywhere."""
        self._write(lambda work: identity.set_language(work, signed_in.person_id, code))
        self._tell(signed_in.viewer, Deed.ACCOUNT_CHANGE, Outcome.OK, "own_language")

    def mail(self, signed_in: SignedIn) -> str | None:
        """Give where one wants to hear that something waits."""
        with self._hub.store.reading() as reading:
            return identity.mail_of(reading, signed_in.person_id)

    @property
    def can_mail(self) -> bool:
        """Whether this installation sends mail at all."""
        return self._hub.config.mail is not None

    def choose_mail(self, signed_in: SignedIn, address: str | None) -> bool:
        """Have oneself told by mail that something waits, or no more; whether that is an address."""
        try:
            self._write(lambda work: identity.set_mail(work, signed_in.person_id, address))
        except Invalid:
            return False
        self._tell(signed_in.viewer, Deed.ACCOUNT_CHANGE, Outcome.OK, "own_mail")
        return True

    def begin_factor(self, signed_in: SignedIn) -> None:
        """Make a secret for an authenticator, to be confirmed by a code."""
        self._write(lambda work: second_factor.begin(work, signed_in.person_id))

    def factor(self, signed_in: SignedIn) -> Factor:
        """Give how it stands with one's second factor."""
        with self._hub.store.reading() as reading:
            secret = second_factor.shown_secret(reading, signed_in.person_id)
            username = identity.username_of(reading, signed_in.person_id)
            return Factor(
                in_use=identity.has_factor(reading, signed_in.person_id),
                secret=secret,
                address=second_factor.address_of(secret, username) if secret is not None else None,
            )

    def confirm_factor(
        self, signed_in: SignedIn, code: str, address: str, device: str
    ) -> tuple[Entered | Refused, list[str]]:
        """Take the second factor into use; give the session after it and the recovery codes, shown once."""
        turn = self._turn("code", signed_in.person_id, address)
        if isinstance(turn, Wait):
            return refused(turn), []
        with self._hub.store.writing() as work:
            codes = second_factor.confirm(work, signed_in.person_id, code)
            if codes is not None:
                give_back(work, "code", turn)
                sessions.end_all(work, signed_in.person_id, "second_factor_changed", but=signed_in.id)
        if codes is None:
            return Refused(), []
        self._tell(signed_in.viewer, Deed.ACCOUNT_CHANGE, Outcome.OK, "own_second_factor_on")
        return self._renew(signed_in, address, device, stage=Stage.FULL, second_factor=True), codes

    def drop_factor(
        self, signed_in: SignedIn, password: str, code: str, address: str, device: str
    ) -> Entered | Refused:
        """Take one's second factor away to set up another; needs the password and a code."""
        turn = self._turn("code", signed_in.person_id, address)
        if isinstance(turn, Wait):
            return refused(turn)
        with self._hub.store.reading() as reading:
            right = identity.fits_own(reading, signed_in.person_id, password)
        with self._hub.store.writing() as work:
            right = right and second_factor.accept(work, signed_in.person_id, code)
            if right:
                give_back(work, "code", turn)
                second_factor.reset(work, signed_in.person_id)
                sessions.end_all(work, signed_in.person_id, "second_factor_changed", but=signed_in.id)
        if not right:
            return Refused()
        self._tell(signed_in.viewer, Deed.ACCOUNT_CHANGE, Outcome.OK, "own_second_factor_off")
        return self._renew(signed_in, address, device, stage=Stage.ENROL, second_factor=False)

    def own_sessions(self, signed_in: SignedIn) -> list[OpenSession]:
        """Give one's open sessions."""
        with self._hub.store.reading() as reading:
            return sessions.open_sessions(reading, self._config, signed_in.person_id, dt.datetime.now(dt.UTC))

    def end_own(self, signed_in: SignedIn, session_id: str) -> None:
        """End one of one's own sessions; one of someone else stays."""
        self._write(
            lambda work: sessions.end_session(work, session_id, "ended_elsewhere", person_id=signed_in.person_id)
        )

    def end_others(self, signed_in: SignedIn) -> None:
        """End all of one's sessions but this one."""
        self._write(lambda work: sessions.end_all(work, signed_in.person_id, "ended_elsewhere", but=signed_in.id))


def accounts() -> Accounts:
    """Give the accounts of the running application."""
    found: Accounts = current_app.extensions[EXTENSION]
    return found
