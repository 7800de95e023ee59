"""One account at a time: what is decided about it stays true until it is written."""

from __future__ import annotations

from typing import Any

from consent_server.operators.models import Operator
from consent_server.storage.database import begin_write, db


def alone_with(user: Any) -> Operator:
    """Begins to write and reads an account anew, so that of two requests one comes second.

    user: the account, or Flask-Login's stand-in for it.
    """
    operator: Operator = getattr(user, "_get_current_object", lambda: user)()
    begin_write()
    db.session.refresh(operator, with_for_update=True)
    return operator
