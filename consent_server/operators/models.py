"""Tables of operators, as Flask-Security expects them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from flask_security import UserMixin
from sqlalchemy import JSON, BigInteger, Boolean, Date, ForeignKey, Integer, String
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.operators.access_models import Grant
from consent_server.operators.passkey_models import Passkey
from consent_server.operators.policy import settings_in_force
from consent_server.operators.rules import Held, may_lose_factor
from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model, begin_write, db

FAILURES_LIMIT: Final = 5  # wrong passwords in a row; safety standard art. 5: lock after some
LOCKED_FOR: Final = timedelta(minutes=15)


class Operator(Model, UserMixin):
    """Someone who signs in to the console."""

    __tablename__ = "operators"
    __table_args__ = ({"comment": "accounts of the console"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    email: Mapped[str] = mapped_column(String(254), unique=True, comment="account name")
    password: Mapped[str] = mapped_column(String(255), comment="argon2id hash with its own salt")
    active: Mapped[bool] = mapped_column(Boolean, comment="false: dismissed, cannot sign in")
    fs_uniquifier: Mapped[str] = mapped_column(
        String(64), unique=True, comment="named by sessions; changing it ends them all"
    )
    failed_sign_ins: Mapped[int] = mapped_column(
        Integer, default=0, comment="wrong passwords in a row"
    )
    locked_until: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="no sign-in before this instant"
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when it was added")
    password_changed_at: Mapped[datetime] = mapped_column(
        UtcDateTime, comment="age of the password"
    )
    tf_primary_method: Mapped[str | None] = mapped_column(
        String(20), comment="second factor in use: authenticator, or none"
    )
    tf_totp_secret: Mapped[str | None] = mapped_column(
        String(500), comment="secret of the authenticator app, encrypted with the service's secret"
    )
    tf_last_counter: Mapped[int | None] = mapped_column(
        BigInteger, comment="time step of the last code taken: none is taken twice (RFC 6238 5.2)"
    )
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(
        MutableList.as_mutable(JSON(none_as_null=True)),
        comment="JSON: recovery codes not yet used, encrypted with the service's secret",
    )
    trained_on: Mapped[date | None] = mapped_column(
        Date, comment="day of the last training in data protection"
    )
    last_sign_in_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="last success; tells idle accounts"
    )
    dismissed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, comment="when the account was closed"
    )

    grants: Mapped[list[Grant]] = relationship(
        primaryjoin="and_(Operator.id == Grant.operator_id, Grant.ended_at.is_(None))",
        order_by="Grant.id",
        viewonly=True,
    )

    passkeys: Mapped[list[Passkey]] = relationship(order_by="Passkey.id", viewonly=True)

    @property
    def held(self) -> tuple[Held, ...]:
        """What the operator may do now."""
        return tuple(Held(grant.role, grant.site_id) for grant in self.grants)

    @property
    def has_app(self) -> bool:
        """Whether an authenticator app is set up."""
        return bool(self.tf_primary_method and self.tf_totp_secret)

    @property
    def has_second_factor(self) -> bool:
        """Whether a code or a passkey is asked at sign-in."""
        return self.has_app or bool(self.passkeys)

    def check_tf_required(
        self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Asks Flask-Security for a second factor: where there is one, and where one is due."""
        return bool(tf_setup_methods) or self.check_tf_required_setup(), tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Whether an app must be set up, or must stay: the policy wants a second factor."""
        policy = settings_in_force().second_factor_policy
        return not may_lose_factor(self.held, policy, len(self.passkeys))

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Counts a wrong password or code, on disk at once; the fifth in a row locks the account.

        Failures while it is locked count for nothing: a stranger cannot keep the owner out longer.
        """
        self._read_to_write()
        if not self.is_locked():
            self.failed_sign_ins += 1
        is_fifth = self.failed_sign_ins >= FAILURES_LIMIT
        if is_fifth:
            self.failed_sign_ins = 0
            self.locked_until = clock.now() + LOCKED_FOR
        db.session.commit()
        record_act(Act(operator=self.email, act="sign-in.locked" if is_fifth else "sign-in.failed"))

    def is_locked(self, form_error: list[str] | None = None) -> bool:
        """Whether the account takes no sign-in now; adds the error that a form shows."""
        locked = self.locked_until is not None and self.locked_until > clock.now()
        if locked and form_error is not None:
            form_error.append("locked")
        return locked

    def forget_failures(self) -> None:
        """Starts counting anew after a success, and remembers when that was."""
        self._read_to_write()
        self.failed_sign_ins, self.locked_until = 0, None
        self.last_sign_in_at = clock.now()
        db.session.commit()

    def _read_to_write(self) -> None:
        """Reads the row anew in a writing transaction: what was read before hashing is stale."""
        begin_write()
        db.session.refresh(self, ["failed_sign_ins", "locked_until"], with_for_update=True)


class OldPassword(Model):
    """A password that an operator had before; it is not taken again."""

    __tablename__ = "operator_passwords"
    __table_args__ = ({"comment": "passwords that operators had before, as hashes"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    operator_id: Mapped[int] = mapped_column(
        ForeignKey("operators.id"), index=True, comment="whose it was"
    )
    password: Mapped[str] = mapped_column(String(255), comment="argon2id hash with its own salt")
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime, comment="when another took over")
