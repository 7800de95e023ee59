"""Passkeys as an operator meets them: in Chromium, with a device that it believes to be real."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import ConsoleMessage, Page, expect
from werkzeug.serving import make_server

from consent_server.operators.services import add_operator
from support.apps import MakeApp
from support.browser import MakeContext
from support.console import PASSWORD
from support.faults import faults, keep_picture
from support.postgres import free_port

# What a browser does does not depend on the database.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

KIM = "kim@shop.example"
ENGLISH = {
    "add": "Add a passkey",
    "make codes": "Make recovery codes",
    "kept": "I have kept them",
    "sign out": "Sign out",
    "menu": "Menu",
    "use": "Use a passkey",
    "alone": "Sign in with a passkey",
    "confirm": "Confirm with a passkey",
    "remove": "Remove",
    "failed": "The browser gave no passkey",
    "known": "This device has a passkey",
    "last": "this is your last one",
    "no script": "Passkeys need JavaScript",
    "elsewhere": "work at http://localhost:",
}
KOREAN = {
    "add": "패스키 추가",
    "make codes": "복구 코드 만들기",
    "kept": "보관했습니다",
    "sign out": "로그아웃",
    "menu": "메뉴",
    "use": "패스키 사용",
    "alone": "패스키로 로그인",
    "confirm": "패스키로 확인",
    "remove": "삭제",
    "failed": "브라우저에서 패스키를 받지 못했습니다",
    "known": "이미 이 계정의 패스키가",
    "last": "이것이 마지막 수단입니다",
    "no script": "패스키에는 JavaScript가 필요하지만",
    "elsewhere": "http://localhost:",
}
LOOKS = [
    pytest.param("light", 1280, "en-US", ENGLISH, id="light, wide, English"),
    pytest.param("dark", 360, "ko-KR", KOREAN, id="dark, narrow, Korean"),
]


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The application with the second factor required, at a name of its own."""
    return make_app(public_url=f"http://localhost:{free_port()}", second_factor="personal")


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application of this test is served."""
    url: str = app.extensions["consent_server"].settings.public_url
    server = make_server("127.0.0.1", int(url.rsplit(":")[-1]), app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with app.app_context():
        add_operator(KIM, PASSWORD, "handler")
    yield url
    server.shutdown()
    server.server_close()


class Device:
    """A phone that Chromium asks for passkeys; its owner touches it whenever it asks."""

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)
        self._send("enable")
        made = self._send("addVirtualAuthenticator", options={
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        })  # fmt: skip
        self._id = made["authenticatorId"]

    def knows_its_owner(self, *, verified: bool) -> None:
        """Sets whether finger or PIN are right."""
        self._send("setUserVerified", authenticatorId=self._id, isUserVerified=verified)

    def count_back(self) -> None:
        """Makes it a copy of itself that was used less often."""
        [credential] = self._send("getCredentials", authenticatorId=self._id)["credentials"]
        self._send(
            "removeCredential", authenticatorId=self._id, credentialId=credential["credentialId"]
        )
        credential["signCount"] = 0
        self._send("addCredential", authenticatorId=self._id, credential=credential)

    def _send(self, command: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._devtools.send(f"WebAuthn.{command}", parameters)
        return answer


class Story:
    """One operator's browser, in one look."""

    def __init__(self, page: Page, address: str, words: dict[str, str], look: str) -> None:
        self.page, self.address, self.words, self._look = page, address, words, look
        self.found: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.found.append(error.message))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):  # of the content security policy, among others
            self.found.append(message.text)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def look_at(self, name: str) -> None:
        """Looks for faults, and keeps a picture."""
        self.found += faults(self.page)
        keep_picture(self.page, f"{name}-{self._look}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=self.words[name], exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=self.words[name], exact=True).click()

    def fill_in_password(self) -> None:
        self.open("/admin/sign-in")
        self.page.locator("#email").fill(KIM)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("main form button").first.click()

    def sign_out(self) -> None:
        if self._look.endswith("-360"):
            self.press("menu")
        self.press("sign out")
        self.is_at("/admin/sign-in")

    def is_at(self, path: str) -> None:
        expect(self.page).to_have_url(self.address + path)

    def is_told(self, name: str) -> None:
        expect(self.page.get_by_role("alert")).to_contain_text(self.words[name])


@pytest.mark.parametrize(("theme", "width", "locale", "words"), LOOKS)
def test_made_at_the_first_sign_in_and_shown_at_every_door(
    address: str,
    make_context: MakeContext,
    theme: str,
    width: int,
    locale: str,
    words: dict[str, str],
) -> None:
    page = make_context(
        color_scheme=theme, viewport={"width": width, "height": 800}, locale=locale
    ).new_page()
    story, device = Story(page, address, words, f"{locale[:2]}-{theme}-{width}"), Device(page)

    story.fill_in_password()
    story.is_at("/admin/second-factor")
    story.look_at("second_factor_first")
    story.follow("add")
    page.locator("#name").fill("phone")
    story.look_at("passkey_first")
    story.press("add")
    story.is_at("/admin/recovery-codes")
    story.press("make codes")
    story.follow("kept")
    story.is_at("/admin/")
    story.sign_out()

    story.look_at("sign_in_with_passkey")
    story.fill_in_password()
    story.look_at("passkey_second")
    story.press("use")
    story.is_at("/admin/")
    story.sign_out()

    device.knows_its_owner(verified=False)
    story.press("alone")
    story.is_told("failed")
    story.look_at("passkey_failed")
    device.knows_its_owner(verified=True)
    story.press("alone")
    story.is_at("/admin/")

    story.open("/admin/confirm")
    story.look_at("confirm_with_passkey")
    story.press("confirm")
    story.is_at("/admin/")

    story.open("/admin/account")
    story.look_at("account_with_passkey")
    story.follow("add")
    page.locator("#name").fill("phone again")
    story.press("add")
    story.is_told("known")
    story.open("/admin/account")
    page.get_by_role("link", name="phone").click()
    page.locator("#typed").fill("phone")
    story.press("remove")
    story.is_told("last")
    story.look_at("passkey")
    story.sign_out()

    device.count_back()
    story.press("alone")
    expect(page.get_by_role("alert")).to_be_visible()
    story.is_at("/admin/sign-in/passkey")
    assert [line for line in story.found if "400 (BAD REQUEST)" not in line] == []


def test_at_another_address_a_line_says_where_to_go(
    address: str, make_context: MakeContext
) -> None:
    story = Story(make_context().new_page(), address.replace("localhost", "127.0.0.1"), ENGLISH, "")

    story.open("/admin/sign-in")
    story.press("alone")

    story.is_told("elsewhere")


@pytest.mark.parametrize(("locale", "words"), [("en-US", ENGLISH), ("ko-KR", KOREAN)])
def test_without_javascript_a_line_says_so_and_no_button_promises_more(
    address: str, make_context: MakeContext, locale: str, words: dict[str, str]
) -> None:
    page = make_context(java_script_enabled=False, locale=locale).new_page()
    story = Story(page, address, words, "")

    story.open("/admin/sign-in")

    expect(page.get_by_text(words["no script"])).to_be_visible()
    expect(page.get_by_role("button", name=words["alone"])).to_be_hidden()
    story.fill_in_password()
    story.is_at("/admin/second-factor")
