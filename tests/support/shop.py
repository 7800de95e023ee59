"""A site with a published notice, and the requests that its pages send."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from consent_server.house import House, house_of
from consent_server.policies.schemas import Notice, Purpose, Service
from consent_server.policies.services import open_site
from consent_server.sites.services import NewSite
from support.apps import MakeApp

ORIGIN = "https://shop.example"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)
NOTICE = Notice(
    purposes=(Purpose(key="functional"), Purpose(key="analytics"), Purpose(key="marketing")),
    services=(
        Service(
            key="tubular",
            purpose="marketing",
            name="Tubular",
            vendor="Tubular Inc.",
            country="US",
            stores={"ko": "쿠키 tub_id", "en": "cookie tub_id"},
            keeps={"ko": "1년", "en": "1 year"},
        ),
    ),
)


@dataclass(frozen=True)
class Shop:
    """One site of an application under test."""

    app: Flask
    key: str
    id: int

    @property
    def house(self) -> House:
        return house_of(self.app)

    def submission(self, **changes: Any) -> dict[str, Any]:
        """Returns a valid submission (accept all, Korean), with changes; None removes a field."""
        with self.app.app_context():
            version = self.house.policies.in_force(self.id)
        language = changes.get("language", "ko")
        body = {
            "site": self.key,
            "submission_id": str(uuid.uuid4()),
            "visitor": None,
            "policy_version": version.number,
            "language": language,
            "text_sha256": version.hashes.get(language, "0" * 64),
            "action": "accept_all",
            "decisions": dict.fromkeys(version.purposes, True),
            "services": {},
            "layer": "notice",
            "trusted": True,
            "gpc": False,
        }
        return body | changes

    def refusal(self, **changes: Any) -> dict[str, Any]:
        """Returns a valid refusal of everything."""
        accepted = self.submission()
        refused = dict.fromkeys(accepted["decisions"], False)
        return accepted | {"action": "refuse_all", "decisions": refused} | changes

    def visit(self, **changes: Any) -> dict[str, Any]:
        """Returns a valid visit, with changes."""
        return {"site": self.key, "visit_id": str(uuid.uuid4()), "path": "/pricing"} | changes

    def send_consent(self, body: Any, **options: Any) -> TestResponse:
        """Posts a submission from the shop's own page."""
        return self._send("/v1/consents", body, **options)

    def send_visit(self, body: Any, **options: Any) -> TestResponse:
        """Posts a visit from the shop's own page, as an iPhone would."""
        options.setdefault("user_agent", IPHONE)
        return self._send("/v1/visits", body, **options)

    def with_notice(self, notice: Notice) -> Shop:
        """Returns another site of the same deployment, just added, with a notice of its own."""
        with self.app.app_context():
            site = open_site(NewSite(name="Another", origins=[ORIGIN]), notice)
            return Shop(self.app, site.key, site.id)

    def _send(
        self, path: str, body: Any, *, origin: str | None = ORIGIN, **options: Any
    ) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if origin is not None:
            headers["Origin"] = origin
        if (agent := options.pop("user_agent", None)) is not None:
            headers["User-Agent"] = agent
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        return self.app.test_client().post(path, headers=headers, **content, **options)


MakeShop = Callable[..., Shop]


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A site with the origin https://shop.example and a notice of three purposes."""
    return _open_shop(app)


@pytest.fixture
def make_shop(make_app: MakeApp) -> MakeShop:
    """Makes the same site in a deployment with other settings."""
    return lambda **settings: _open_shop(make_app(**settings))


def _open_shop(app: Flask) -> Shop:
    with app.app_context():
        site = open_site(
            NewSite(
                name="Shop",
                origins=[ORIGIN],
                controller="Shop Ltd.",
                contact="privacy@shop.example",
            ),
            NOTICE,
        )
        return Shop(app, site.key, site.id)


@pytest.fixture
def other_shop(app: Flask) -> Shop:
    """A second site of the same deployment, with an origin of its own."""
    with app.app_context():
        site = open_site(NewSite(name="Other", origins=["https://other.example"]), NOTICE)
        return Shop(app, site.key, site.id)
