"""An operator in a real browser, with an authenticator app at hand: verbs for stories.

Every verb clicks what a person would click and waits for what that person would see.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from passlib.totp import TOTP
from playwright.sync_api import Page, expect

PASSWORD = "ninety purple bicycles sing"
_STEP = timedelta(seconds=30)  # of the app's codes; none is taken twice


@dataclass
class Operator:
    """One person at the console of a service. app: what the phone shows codes of."""

    page: Page
    service: str
    email: str
    password: str = PASSWORD
    app: TOTP | None = None

    def join(self, link: str) -> None:
        """Follows an invitation and chooses a password."""
        self.page.goto(f"{link}?lang=en")
        self._fill("Password", self.password)
        self._fill("Password again", self.password)
        self._press("Make my account")

    def sign_in(self) -> None:
        """Sends the password."""
        self.page.goto(f"{self.service}/admin/")
        self._fill("E-mail address", self.email)
        self._fill("Password", self.password)
        self._press("Sign in")

    def send_code(self, now: datetime) -> None:
        """Types what the app shows next, and is in. now: by the clock of phone and service."""
        assert self.app is not None
        self._fill("Code", self.app.generate(time=now + _STEP).token)
        self._press("Sign in")
        self._expect_heading("Overview")

    def set_up_app(self, now: datetime) -> None:
        """Scans the key, types the first code, keeps the recovery codes."""
        self._press("Set up an app")
        expect(self.page.get_by_alt_text("QR code")).to_be_visible()
        self.app = TOTP(key=self.page.locator("code.key").inner_text())
        self._fill("Code", self.app.generate(time=now).token)
        self._press("Set up")
        self._press("Make recovery codes")
        expect(self.page.locator(".codes li")).to_have_count(10)
        self.page.get_by_role("link", name="I have kept them").click()
        self._expect_heading("Overview")

    def sign_out(self) -> None:
        """Presses the button that every page has."""
        self._press("Sign out")
        self._expect_heading("Sign in to the console")

    def open_room(self, name: str) -> None:
        """Follows the console's own navigation."""
        rooms = self.page.get_by_role("navigation", name="Console")
        rooms.get_by_role("link", name=name, exact=True).click()
        self._expect_heading(name)

    def invite(self, email: str, role: str) -> str:
        """Makes an invitation; returns its link."""
        self.open_room("Operators")
        self._fill("E-mail address", email)
        self.page.get_by_label("Role").select_option(role)
        self._press("Make a link")
        return self.page.locator("#link").inner_text()

    def add_site(self, name: str, origin: str) -> tuple[str, str]:
        """Adds a site; returns its key and its tag."""
        self.open_room("Sites")
        self.page.get_by_role("link", name="Add a site").click()
        self._fill("Name", name)
        self._fill("Origins", origin)
        self._press("Save")
        self._expect_heading(name)
        return self.page.url.rsplit("/", 1)[1], self.page.locator("#tag-text").inner_text()

    def draft_purpose(self, site: str, key: str, names: dict[str, str]) -> None:
        """Adds a purpose to the draft of a site's notice. names: language in its own words."""
        self.open_room("Sites")
        self.page.get_by_role("link", name=site, exact=True).click()
        self.page.get_by_role("link", name="Notice", exact=True).click()
        self.page.get_by_role("link", name="Edit the draft").click()
        self._press("Add a purpose")
        purpose = self.page.get_by_role("group", name="New purpose")
        purpose.get_by_label("Key").fill(key)
        for language, name in names.items():
            purpose.get_by_label(f"Name ({language})").fill(name)
            purpose.get_by_label(f"Text ({language})").fill(name)
        self.page.get_by_role("button", name="Save the draft").first.click()
        expect(self.page.get_by_text(f"Purpose {key}: new")).to_be_visible()

    def announce(self, reason: str) -> None:
        """Announces the draft for the earliest day on which it may be in force."""
        self.page.get_by_label("Reason of the change").fill(reason)
        self._press("Announce")
        expect(self.page.get_by_role("heading", name=re.compile("^Announced: "))).to_be_visible()

    def export_consents(self, reason: str) -> list[dict[str, Any]]:
        """Downloads the consent records; returns them, oldest first."""
        self.open_room("Exports")
        self.page.get_by_label("NDJSON").check()
        self.page.get_by_label("Purpose", exact=True).select_option("audit")
        self.page.get_by_label("Reason").fill(reason)
        with self.page.expect_download() as download:
            self._press("Export")
        return [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]

    def entries_of(self, email: str) -> list[str]:
        """Returns the lines of the access log that tell of an operator, newest first."""
        self.open_room("Access log")
        return self.page.locator("tbody tr").filter(has_text=email).all_inner_texts()

    def dismiss(self, email: str) -> None:
        """Ends an operator's time at this console."""
        self.open_room("Operators")
        self.page.get_by_role("link", name=email).click()
        self._fill(f"Type “{email}” to confirm", email)
        self._press("Dismiss")
        expect(self.page.get_by_text("dismissed", exact=True)).to_be_visible()

    def is_in(self) -> bool:
        """Whether the open session still opens a page."""
        answer = self.page.request.get(f"{self.service}/admin/", max_redirects=0)
        return answer.status == 200

    def _fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def _press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def _expect_heading(self, name: str) -> None:
        expect(self.page.get_by_role("heading", level=1, name=name)).to_be_visible()
