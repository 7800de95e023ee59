"""The console as an operator meets it: sign in, open pages, send forms with their token."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consent_server.audit.models import AccessEntry
from consent_server.audit.services import recent_acts
from consent_server.operators.services import add_operator

PASSWORD = "a long pass phrase of ours"
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
SIGN_IN = "/admin/sign-in"
SIGN_OUT = "/admin/sign-out"


@dataclass(frozen=True)
class Console:
    """One browser of one operator; `email` is the account that `sign_in` uses."""

    app: Flask
    client: FlaskClient
    email: str

    def sign_in(self, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Fills in the sign-in form and sends it."""
        filled_in = {"email": self.email, "password": password, **fields}
        return self.client.post(SIGN_IN, data=filled_in | {"csrf_token": self.token(SIGN_IN)})

    def get(self, path: str) -> TestResponse:
        """Opens a page."""
        return self.client.get(path)

    def send(self, path: str, form: str = "/admin/sites/new", **fields: str) -> TestResponse:
        """Posts a form, with the token of the page `form`."""
        return self.client.post(path, data=fields | {"csrf_token": self.token(form)})

    def sign_out(self) -> TestResponse:
        """Presses the button that every page has."""
        return self.send(SIGN_OUT, form="/admin/")

    def token(self, path: str) -> str:
        """Returns the token of the forms on a page."""
        found = _TOKEN.search(self.client.get(path).text)
        assert found, f"no form on {path}"
        return found[1]

    def acts(self) -> list[AccessEntry]:
        """Returns what the access log tells, oldest first."""
        with self.app.app_context():
            return list(reversed(recent_acts()))


def new_console(app: Flask, role: str, *, signed_in: bool = True) -> Console:
    """Adds an account with a role and gives it a browser."""
    email = f"{role}@shop.example"
    with app.app_context():
        add_operator(email, PASSWORD, role)
    console = Console(app, app.test_client(), email)
    if signed_in:
        assert console.sign_in().status_code == 302
    return console


@pytest.fixture
def stranger(app: Flask) -> Console:
    """An owner's account and a browser that is not signed in."""
    return new_console(app, "owner", signed_in=False)


@pytest.fixture
def owner(app: Flask) -> Console:
    """A signed-in operator who may do everything."""
    return new_console(app, "owner")


@pytest.fixture
def handler(app: Flask) -> Console:
    """A signed-in operator who may read and export personal data."""
    return new_console(app, "handler")


@pytest.fixture
def viewer(app: Flask) -> Console:
    """A signed-in operator who sees sites and consent records."""
    return new_console(app, "viewer")
