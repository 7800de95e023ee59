"""The product pages of the demo: two languages, one tag, nothing optional before the choice."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.demo import init_app
from consent_server.demo.services import demo_notice, prepare_demo
from consent_server.house import house_of
from consent_server.storage.database import db

PAGES = ("/demo/", "/demo/pricing")
EVERY_PAGE = (*PAGES, "/demo/video")
COOKIE_NAME = re.compile(r"\b[a-z]+_[a-z]+\b")
Tag = tuple[str, dict[str, str | None]]


class Tags(HTMLParser):
    """Collects every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def app(migrated_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application for all page tests, on SQLite: the pages read no table."""
    home = tmp_path_factory.mktemp("demo") / "home"
    shutil.copytree(migrated_files, home)
    app = create_app(Settings.from_environ({"CONSENT_HOME": str(home)}))
    yield app
    house_of(app).writer.close()
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="module")
def site_key(app: Flask) -> str:
    """The key of the demo site, served by the application."""
    settings = house_of(app).settings
    with app.app_context():
        key = prepare_demo(settings).site_key
    init_app(app, settings, key)
    return key


@pytest.fixture
def demo(app: Flask, site_key: str) -> FlaskClient:
    """A browser on the demo, without a network in between."""
    return app.test_client()


def tags_of(demo: FlaskClient, path: str, language: str = "en") -> list[Tag]:
    response = demo.get(path, query_string={"lang": language})
    assert response.status_code == 200
    return Tags(response.text).tags


def gated(tags: list[Tag]) -> Iterator[dict[str, str | None]]:
    return (attributes for _, attributes in tags if "data-service" in attributes)


@pytest.mark.parametrize("path", EVERY_PAGE)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_page_speaks_the_language_asked_for(demo: FlaskClient, path: str, language: str) -> None:
    response = demo.get(path, query_string={"lang": language})

    assert f'<html lang="{language}">' in response.text
    assert bool(re.search("[가-힣]{2}", response.text.replace("한국어", ""))) == (language == "ko")


@pytest.mark.parametrize("path", PAGES)
def test_a_product_page_needs_one_tag_at_the_end_of_head(
    demo: FlaskClient, site_key: str, path: str
) -> None:
    html = demo.get(path).text

    assert html.count("/embed/") == 1
    head = html.partition("</head>")[0].rstrip()
    assert head.endswith(f'<script async src="/embed/{site_key}.js"></script>')


@pytest.mark.parametrize("path", PAGES)
def test_nothing_gated_is_loaded_by_the_markup(demo: FlaskClient, path: str) -> None:
    tags = tags_of(demo, path)

    held = {str(attributes["data-src"]).partition("?")[0] for attributes in gated(tags)}
    active = {
        str(attributes[name]).partition("?")[0]
        for _, attributes in tags
        for name in ("src", "href")
        if name in attributes
    }
    assert len(held) >= 3
    assert held.isdisjoint(active)
    for attributes in gated(tags):
        assert attributes.get("type", "text/plain") == "text/plain"


@pytest.mark.parametrize("path", PAGES)
def test_everything_gated_is_named_in_the_notice(demo: FlaskClient, path: str) -> None:
    purpose_of = {service.key: service.purpose for service in demo_notice().services}

    for attributes in gated(tags_of(demo, path)):
        assert purpose_of[str(attributes["data-service"])] == attributes["data-category"]


def test_the_product_page_gates_every_service_of_the_notice(demo: FlaskClient) -> None:
    on_page = {attributes["data-service"] for attributes in gated(tags_of(demo, "/demo/"))}

    assert on_page == {service.key for service in demo_notice().services}


def test_a_script_sets_only_the_cookies_that_the_notice_names(app: Flask) -> None:
    scripts = Path(str(app.static_folder)) / "demo"
    checked = 0

    for service in demo_notice().services:
        script = scripts / f"{service.key}.js"
        if not script.exists():
            continue
        names = set(re.findall(r"document\.cookie = `(\w+)=", script.read_text()))
        checked += 1
        for stores in service.stores.values():
            assert names == set(COOKIE_NAME.findall(stores))
    assert checked == 3


def test_the_film_sets_only_the_cookie_that_the_notice_names(demo: FlaskClient) -> None:
    (film,) = (service for service in demo_notice().services if service.key == "reelbrook")

    response = demo.get("/demo/video")

    names = [cookie.partition("=")[0] for cookie in response.headers.getlist("Set-Cookie")]
    assert names == COOKIE_NAME.findall(film.stores["en"])


@pytest.mark.parametrize("path", PAGES)
def test_a_product_page_sets_no_optional_cookie_by_itself(demo: FlaskClient, path: str) -> None:
    assert demo.get(path).headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_page_has_no_inline_script_or_style(demo: FlaskClient, path: str) -> None:
    html = demo.get(path).text

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)
    assert not re.search(r"<script[^>]*>[^<]", html)


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_page_refers_only_to_this_service(demo: FlaskClient, path: str) -> None:
    for _, attributes in tags_of(demo, path):
        for name in ("src", "href", "data-src"):
            assert re.match(r"[/#]|mailto:", str(attributes.get(name, "/")))


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_file_that_a_page_refers_to_is_there(demo: FlaskClient, path: str) -> None:
    for _, attributes in tags_of(demo, path):
        for name in ("src", "href", "data-src"):
            address = str(attributes.get(name, ""))
            if address.startswith(("/static", "/demo", "/embed")):
                with demo.get(address) as response:
                    assert response.status_code == 200, address


def test_the_pages_offer_the_way_back_and_the_notice(demo: FlaskClient, site_key: str) -> None:
    for path in PAGES:
        tags = tags_of(demo, path)

        assert ("a", {"href": f"/policies/{site_key}?lang=en"}) in tags
        assert any(attributes.get("data-cc") == "show-preferencesModal" for _, attributes in tags)


def test_both_languages_have_the_same_phrases() -> None:
    english, korean = (
        json.loads(files("consent_server.demo").joinpath("texts", f"{language}.json").read_bytes())
        for language in ("en", "ko")
    )

    assert shape(english) == shape(korean)


def shape(texts: object) -> object:
    """Returns keys, list lengths and the {gaps} of phrases, without the words."""
    match texts:
        case dict():
            return {key: shape(value) for key, value in texts.items()}
        case list():
            return [shape(value) for value in texts]
        case str():
            return sorted(re.findall(r"\{\w+\}", texts))
    return texts
