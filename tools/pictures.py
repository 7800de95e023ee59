"""Takes the pictures of the README anew: `python -m tools.pictures`, into docs/images.

Shown is the demo on a deployment in a temporary folder, after a month of a small shop: the same
decisions each time, up to yesterday. English, light, 1280 pixels wide.
"""

from __future__ import annotations

import logging
import random
import shutil
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import insert
from werkzeug.serving import make_server

from bench.chromium import launched
from bench.deployment import free_port
from consent_server import clock
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.consents.models import ConsentRecord
from consent_server.demo import init_app
from consent_server.demo.services import Prepared, prepare_demo
from consent_server.house import house_of
from consent_server.sites.services import find_site
from consent_server.storage.database import db
from consent_server.storage.migrate import upgrade
from tools import debian
from tools.ground import ROOT, answers

FOLDER: Final = ROOT / "docs" / "images"
_WIDTH: Final = 1280
_HEIGHTS: Final = {"banner": 690, "overview": 860, "consents": 860}  # each below 200 kB
_DAYS: Final = 30
_BY_WEEKDAY: Final = (74, 81, 78, 70, 66, 38, 31)  # decisions from Monday to Sunday
_ACTIONS: Final = {"accept_all": 40, "refuse_all": 33, "customise": 17, "ask_each": 10}  # per cent
_VALID_DAYS: Final = 182


@contextmanager
def demo() -> Iterator[tuple[str, Prepared]]:
    """Serves a new demo with a month behind it; gives its address and what signs in."""
    with tempfile.TemporaryDirectory(prefix="consent-pictures-") as home:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        settings = Settings.from_environ({"CONSENT_HOME": home, "CONSENT_PUBLIC_URL": address})
        upgrade(settings)
        app = create_app(settings)
        with app.app_context():
            prepared = prepare_demo(settings)
            init_app(app, settings, prepared.site_key)
            _let_a_month_pass(app, prepared.site_key)
        server = make_server("127.0.0.1", port, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield address, prepared
        server.shutdown()
        house_of(app).writer.close()
        house_of(app).limiter.close()


def _let_a_month_pass(app: Flask, site_key: str) -> None:
    """Writes decisions as a month would have left them, oldest first; needs a context."""
    chance = random.Random(7)  # noqa: S311  # the same pictures each time
    site = find_site(site_key).id
    version = house_of(app).policies.in_force(site)
    zone = house_of(app).settings.visit_period.zone
    today = clock.now().astimezone(zone).date()
    instants = sorted(
        datetime.combine(day, time(), zone) + timedelta(seconds=chance.randrange(86_400))
        for day in (today - timedelta(days=ago) for ago in range(1, _DAYS))
        for _ in range(chance.randrange(95, 106) * _BY_WEEKDAY[day.weekday()] // 100)
    )
    rows = [_decision(chance, version.purposes, at) | {"site_id": site} for at in instants]
    for row in rows:
        row["text_sha256"] = version.hashes[row["language"]]
    with db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(ConsentRecord), rows)


def _decision(chance: random.Random, purposes: tuple[str, ...], at: datetime) -> dict[str, Any]:
    [action] = chance.choices([*_ACTIONS], [*_ACTIONS.values()])
    granted = {
        purpose: action == "accept_all" or (action == "customise" and chance.random() < 0.5)
        for purpose in purposes
    }
    [language] = chance.choices(["ko", "en"], [70, 30])
    return {
        "consent_id": uuid.UUID(int=chance.getrandbits(128)),
        "visitor_id": uuid.UUID(int=chance.getrandbits(128)),
        "action": action,
        "policy_version": 1,
        "language": language,
        "decisions": granted,
        "services": {},
        "layer": "preferences" if action == "customise" else "notice",
        "trusted": True,
        "gpc": False,
        "recorded_at": at,
        "valid_until": at + timedelta(days=_VALID_DAYS),
        "digest": "0" * 64,
    }


def take(page: Page, address: str, signs_in: Prepared) -> None:
    """Takes the three pictures."""
    _look_at(page, "banner", f"{address}/demo/")
    expect(page.locator("#cs-notice")).to_be_visible()
    _keep(page, "banner")
    _look_at(page, "overview", f"{address}/admin/")
    page.get_by_label("E-mail address").fill(signs_in.email)
    page.get_by_label("Password", exact=True).fill(signs_in.password or "")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("canvas").first).to_be_visible()
    _keep(page, "overview")
    _look_at(page, "consents", f"{address}/admin/consents")
    expect(page.locator("tbody tr").first).to_be_visible()
    _keep(page, "consents")


def _look_at(page: Page, name: str, address: str) -> None:
    page.set_viewport_size({"width": _WIDTH, "height": _HEIGHTS[name]})
    page.goto(address)


def _keep(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    print(f"{path.relative_to(ROOT)}: {Path(path).stat().st_size:,} bytes")


def main() -> int:
    """Takes them; returns the exit status."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells of each request
    if shutil.which("fc-list") is None or not answers("fc-list", ":lang=ko"):
        debian.install("fonts-nanum", "the pages offer Korean, and no font here has Hangul")
    with launched() as browser, demo() as (address, signs_in):
        context = browser.new_context(locale="en-US", color_scheme="light", reduced_motion="reduce")
        take(context.new_page(), address, signs_in)
    return 0


if __name__ == "__main__":
    sys.exit(main())
