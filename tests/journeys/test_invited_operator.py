"""An operator's first and last day: invited, second factor set up, at work, dismissed."""

from __future__ import annotations

import json
import time

import pytest
from passlib.totp import TOTP
from playwright.sync_api import Page, expect

from support.browser import MakeContext
from support.service import MakeService, Service

OWNER, KIM = "owner@example.com", "kim@example.com"
PASSWORD = "ninety purple bicycles sing"


@pytest.fixture
def service(make_service: MakeService) -> Service:
    """A deployment with the policy for second factors as it is by default."""
    service = make_service({"CONSENT_SECOND_FACTOR": "personal"})
    service.add_site("https://shop.example")
    service.start()
    return service


def sign_in(page: Page, service: Service, email: str, password: str) -> None:
    page.goto(f"{service.url}/admin/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def set_up_app(page: Page) -> TOTP:
    """Sets up an authenticator app and keeps the recovery codes."""
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_alt_text("QR code")).to_be_visible()
    app = TOTP(key=page.locator("code.key").inner_text())
    page.get_by_label("Code", exact=True).fill(app.generate().token)
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("button", name="Make recovery codes").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    return app


def test_invited_at_work_and_dismissed(make_context: MakeContext, service: Service) -> None:
    made = json.loads(service.run_cli("operators", "add", OWNER, "--json").stdout)
    owner = make_context().new_page()
    sign_in(owner, service, OWNER, made["password"])
    set_up_app(owner)

    owner.goto(f"{service.url}/admin/operators")
    owner.get_by_label("E-mail address").fill(KIM)
    owner.get_by_label("Role").select_option("handler")
    owner.get_by_role("button", name="Make a link").click()
    kim = make_context(locale="ko-KR", viewport={"width": 400, "height": 900}).new_page()
    kim.goto(owner.locator("#link").inner_text() + "?lang=en")
    kim.get_by_label("Password", exact=True).fill(PASSWORD)
    kim.get_by_label("Password again").fill(PASSWORD)
    kim.get_by_role("button", name="Make my account").click()
    sign_in(kim, service, KIM, PASSWORD)
    app = set_up_app(kim)
    kim.get_by_role("button", name="Menu").click()
    kim.get_by_role("button", name="Sign out").click()
    sign_in(kim, service, KIM, PASSWORD)
    next_step = int(time.time()) + 30  # the code of now was used to set the app up
    kim.get_by_label("Code", exact=True).fill(app.generate(time=next_step).token)
    kim.get_by_role("button", name="Sign in").click()
    expect(kim.get_by_role("heading", name="Overview")).to_be_visible()
    kim.goto(f"{service.url}/admin/visits")
    expect(kim.get_by_label("Reason")).to_be_visible()

    owner.goto(f"{service.url}/admin/operators")
    owner.get_by_role("link", name=KIM).click()
    owner.get_by_label(f"Write {KIM} to confirm").fill(KIM)
    owner.get_by_role("button", name="Dismiss").click()
    expect(owner.get_by_text("dismissed", exact=True)).to_be_visible()
    kim.reload()

    expect(kim.get_by_role("heading", name="Sign in to the console")).to_be_visible()
