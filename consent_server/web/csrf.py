"""Forms of the console carry a token (Flask-WTF); other addresses are guarded by their origin.

`/v1` uses no cookies, so there is nothing that a foreign page could ride on. Visitors have no
session to keep a token in, so their forms are refused unless the browser says that they come from
a page of ours (Fetch Metadata, and Origin in browsers without it).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Request
from flask_wtf import CSRFProtect

from consent_server.errors import OriginRefused


def init_app(app: Flask) -> None:
    """Refuses every unsafe request without a token, except on the machine addresses."""
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_CHECK_DEFAULT=True)
    app.extensions["csrf"] = CSRFProtect(app)


def exempt(app: Flask, blueprint_name: str) -> None:
    """Lets the addresses of a blueprint be posted to without a token."""
    app.extensions["csrf"].exempt(app.blueprints[blueprint_name])


def refuse_other_pages(request: Request, public_url: str) -> None:
    """Raises OriginRefused unless the request comes from a page of this service.

    `Sec-Fetch-Site` decides where there is one: no page can set it, and it is right whatever name
    the service is reached by. Browsers send it only over https and on their own machine; elsewhere
    `Origin` must be that of the public address. A request without either is refused.
    """
    site = request.headers.get("Sec-Fetch-Site")
    own = urlsplit(public_url)
    is_ours = (
        request.headers.get("Origin") == f"{own.scheme}://{own.netloc}"
        if site is None
        else site == "same-origin"
    )
    if not is_ours:
        raise OriginRefused("The form did not come from a page of this service.", field="Origin")
