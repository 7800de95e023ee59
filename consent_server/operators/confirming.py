"""Forms that ask for the password again: before personal data, and for another password.

A wrong one counts as a failed sign-in does: five in a row lock the account.
"""

from __future__ import annotations

from typing import Any

from flask_security import ChangePasswordForm, VerifyForm, current_user

from consent_server.audit.services import Act, record_act
from consent_server.operators.passwords import keep_old_password
from consent_server.operators.sessions import forget_sessions
from consent_server.operators.stepping_up import step_up
from consent_server.storage.database import begin_write, db


class ConfirmForm(VerifyForm):
    """Asks for the password before personal data; a locked account has to wait."""

    def validate(self, **kwargs: Any) -> bool:  # type: ignore[override]  # as in the library
        """Whether it is the operator who sits there."""
        if self.user.is_locked() or not super().validate(**kwargs):
            return False
        db.session.commit()
        step_up()
        record_act(Act(operator=self.user.email, act="sign-in.confirm"))
        return True


class ChangeForm(ChangePasswordForm):
    """Takes another password; the old one is remembered, so that it does not come back."""

    def validate(self, **kwargs: Any) -> bool:  # type: ignore[override]  # as in the library
        """Whether the new password is taken; then a writing transaction has begun."""
        operator = current_user._get_current_object()
        if operator.is_locked():
            return False
        if not super().validate(**kwargs):
            if self.password.errors and self.password.data:
                operator.track_failed_authn("password")
            return False
        begin_write()
        keep_old_password(operator)
        forget_sessions(operator.id)
        return True
