"""Whoever proves again who he is goes on under another name of the session and another token."""

from __future__ import annotations

from flask import g, session

from consent_server import clock
from consent_server.operators.sessions import SESSION_NAME, renew_session

_PROVED_AT = "fs_paa"  # Flask-Security's name for it
_FORMS = "csrf_token"


def step_up() -> None:
    """Notes that the operator proved who he is; a session name seen before opens nothing now."""
    session[_PROVED_AT] = clock.now().timestamp()
    session[SESSION_NAME] = renew_session(str(session.get(SESSION_NAME, "")))
    session.pop(_FORMS, None)
    g.pop(_FORMS, None)
