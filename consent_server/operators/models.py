"""Tables of operators and their roles, as Flask-Security expects them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from flask_security import RoleMixin, UserMixin
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.storage.columns import RowId, UtcDateTime
from consent_server.storage.database import Model, begin_write, db

FAILURES_LIMIT: Final = 5  # wrong passwords in a row; safety standard art. 5: lock after some
LOCKED_FOR: Final = timedelta(minutes=15)

operator_roles = Table(
    "operator_roles",
    Model.metadata,
    Column("operator_id", ForeignKey("operators.id"), primary_key=True, comment="who has the role"),
    Column("role_id", ForeignKey("roles.id"), primary_key=True, comment="the role"),
    comment="which operator has which role",
)


class Role(Model, RoleMixin):
    """A set of rights: owner, handler or viewer."""

    __tablename__ = "roles"
    __table_args__ = ({"comment": "what operators may do"},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, comment="row number")
    name: Mapped[str] = mapped_column(String(40), unique=True, comment="owner, handler, viewer")


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

    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]  # list[RoleMixin] there
        secondary=operator_roles
    )

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:
        """Counts a wrong password, on disk at once; the fifth in a row locks the account.

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
        """Starts counting anew after a success."""
        if self.failed_sign_ins == 0 and self.locked_until is None:
            return
        self._read_to_write()
        self.failed_sign_ins, self.locked_until = 0, None
        db.session.commit()

    def _read_to_write(self) -> None:
        """Reads the row anew in a writing transaction: what was read before hashing is stale."""
        begin_write()
        db.session.refresh(self, ["failed_sign_ins", "locked_until"], with_for_update=True)
