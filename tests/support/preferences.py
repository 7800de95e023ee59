"""The preference centre as a browser without JavaScript meets it: open it, send its forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consent_server.consents.services import ConsentFilter, ConsentRow, list_consents
from consent_server.policies.schemas import Notice, Purpose
from consent_server.policies.wording import BUILT_IN
from consent_server.subjects.identity import COOKIE
from support.shop import Shop

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
OWN_ORIGIN = "http://127.0.0.1:8000"  # the default of CONSENT_PUBLIC_URL
ARABIC = Notice(
    languages=("en", "ar"),
    purposes=(Purpose(key="analytics", names={"ar": "إحصاء"}, texts={"ar": "عدّ الزيارات"}),),
    texts={"ar": {key: f"نص {key}" for key in BUILT_IN["en"]["texts"]}},
)


@dataclass
class Person:
    """One browser of one visitor, English unless told otherwise."""

    shop: Shop
    client: FlaskClient
    language: str = "en"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/preferences/{self.shop.key}"

    def get(self, query: str = "", **headers: str) -> TestResponse:
        """Opens the page."""
        return self.client.get(
            self.path + query, headers={"Accept-Language": self.language, **self.headers, **headers}
        )

    def form(self, query: str = "") -> dict[str, str]:
        """Opens the page and returns the hidden fields of its forms."""
        return dict(_HIDDEN.findall(self.get(query).text))

    def send(
        self, fields: Mapping[str, object], *, origin: str | None = OWN_ORIGIN, query: str = ""
    ) -> TestResponse:
        """Posts a form. origin: of the page that it is sent from; None sends no such header."""
        sent = {"Accept-Language": self.language, **self.headers}
        if origin is not None:
            sent["Origin"] = origin
        return self.client.post(self.path + query, data=dict(fields), headers=sent)

    def press(self, action: str, *purposes: str) -> TestResponse:
        """Opens the page, turns switches on and presses a button."""
        return self.send(self.form() | {"action": action, "purposes": list(purposes)})

    def rows(self) -> list[ConsentRow]:
        """Returns the consent records of the site, newest first."""
        with self.shop.app.app_context():
            return list_consents(ConsentFilter(site_id=self.shop.id))


def switched_on(page: TestResponse) -> list[str]:
    """Returns the purposes whose switch stands on."""
    return re.findall(r'role="switch" name="purposes" value="(\w+)"[^>]* checked', page.text)


def cookie_of(answer: TestResponse) -> str:
    """Returns the line that sets the visitor's cookie."""
    [line] = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(COOKIE)]
    return line


@pytest.fixture
def person(shop: Shop) -> Person:
    """A visitor of the shop who has not decided yet."""
    return Person(shop, shop.app.test_client())
