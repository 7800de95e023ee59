"""The banner as it stood at a decision, in a frame: it is seen and used, and reaches nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from consent_server.sites.services import keep_banner_settings
from support.console import Console
from support.shop import Shop

CONSOLE = "https://console.example.co.uk"
FRAME = (
    '<!doctype html><title>Console</title><iframe sandbox="allow-scripts" src="{path}"></iframe>'
)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("position", ["bottom", "centre"])
def test_the_banner_of_then_is_shown_and_sends_nothing(
    page: Page, viewer: Console, shop: Shop, position: str
) -> None:
    with shop.app.app_context():
        keep_banner_settings(shop.key, f'{{"look":{{"position":"{position}"}}}}')
        shop.house.upkeep.run()
    body = shop.submission()
    shop.send_consent(body)
    path = f"/admin/consents/{body['submission_id']}/banner.html"
    asked: list[str] = []

    def serve(route: Route) -> None:
        asked.append(route.request.url)
        if route.request.url.endswith("/console"):
            route.fulfill(body=FRAME.format(path=path), content_type="text/html")
        else:
            with viewer.get(urlsplit(route.request.url).path) as answer:
                headers = {name: value for name, value in answer.headers if name != "Set-Cookie"}
                route.fulfill(body=answer.data, headers=headers)

    page.route("**/*", serve)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    page.goto(f"{CONSOLE}/console")
    frame = page.frame_locator("iframe")

    notice = frame.locator("#cs-notice")
    expect(notice).to_be_visible()
    notice.locator("[data-role=necessary]").click()

    expect(notice).to_be_hidden()
    paths = [url.removeprefix(CONSOLE).partition("?")[0] for url in asked]
    assert paths == ["/console", path, "/static/admin/stage.js"]
    assert problems == []
    assert page.context.cookies() == []
