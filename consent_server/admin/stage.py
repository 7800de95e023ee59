"""A document in a frame of the console in which a banner runs and reaches nothing.

It is of no origin (web.headers.stage_policy), with cookies and storage of its own memory
(static/admin/stage.js): a choice made in it is written nowhere.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, make_response, render_template

from consent_server.web.headers import stage_policy


def staged(template: str, **shown: Any) -> Response:
    """Returns the document; `nonce` is what the template gives to all that may run in it."""
    nonce = secrets.token_urlsafe(16)
    response = make_response(render_template(template, nonce=nonce, **shown))
    response.headers["Content-Security-Policy"] = stage_policy(nonce)
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"  # it is of no origin anyway
    return response
