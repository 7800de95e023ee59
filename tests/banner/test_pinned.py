"""Frozen scripts: the same bytes for good, complete, and for everyone the same."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import brotli
import msgspec
import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from consent_server.banner.commands import commands
from consent_server.banner.parts import FETCHED
from consent_server.policies.services import publish
from consent_server.sites.services import keep_banner_settings
from consent_server.storage.database import db
from support.apps import MakeApp
from support.command import run_command
from support.script import config_in
from support.shop import NOTICE, MakeShop, Shop

WHOLE_BYTES = 11_000  # brotli, one language, without services
REWORDED = msgspec.structs.replace(NOTICE, texts={"ko": {"title": "새 제목"}})


def pin(shop: Shop, *words: str) -> dict[str, Any]:
    """Freezes the shop's script on the command line; returns what that prints."""
    result = shop.app.test_cli_runner().invoke(commands, ["pin", shop.key, *words, "--json"])
    assert result.exit_code == 0, result.exception
    facts: dict[str, Any] = json.loads(result.output)
    return facts


def get(shop: Shop, facts: dict[str, Any], **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = facts["url"].removeprefix(shop.house.settings.public_url)
    return shop.app.test_client().get(path, headers=named)


def test_the_tag_carries_the_hash_of_the_bytes_at_its_address(shop: Shop) -> None:
    facts = pin(shop)
    body = get(shop, facts).data

    digest = base64.b64encode(hashlib.sha384(body).digest()).decode()
    assert facts["tag"] == (
        f'<script async src="{facts["url"]}" integrity="sha384-{digest}" '
        'crossorigin="anonymous"></script>'
    )
    assert re.fullmatch(rf"http://.+:8000/embed/{shop.key}/pinned/[0-9a-f]{{16}}\.js", facts["url"])
    assert facts["url"].count("embed/") == 1  # where the script finds its service


def test_nothing_that_happens_later_changes_a_frozen_script(shop: Shop) -> None:
    facts = pin(shop)
    before = get(shop, facts).data

    with shop.app.app_context():
        publish(shop.id, REWORDED)
        keep_banner_settings(shop.key, '{"reload": true, "uet": true}')

    assert get(shop, facts).data == before
    assert config_in(before)["version"] == 1
    assert pin(shop)["url"] != facts["url"]


def test_every_process_serves_what_was_frozen_in_one(
    make_shop: MakeShop, make_app: MakeApp
) -> None:
    shop = make_shop()
    elsewhere = Shop(make_app(), shop.key, shop.id)
    facts = pin(shop)

    assert get(elsewhere, facts).data == get(shop, facts).data


def test_what_another_process_published_a_moment_ago_is_in_it(shop: Shop, tmp_path: Path) -> None:
    settings = shop.house.settings
    environ = {
        "PATH": os.environ["PATH"],
        "CONSENT_HOME": str(settings.home),
        "CONSENT_DATABASE_URL": settings.database_url,
        "CONSENT_ARCHIVE_DATABASE_URL": settings.archive_database_url,
    }
    notice, banner = tmp_path / "notice.json", tmp_path / "banner.json"
    notice.write_bytes(msgspec.json.encode(REWORDED))
    banner.write_text('{"reload": true}')
    shop.submission()  # this process knows the first version and the first settings

    run_command(["policies", "publish", shop.key, str(notice)], environ, check=True)
    run_command(["banner", "set", shop.key, str(banner)], environ, check=True)

    facts = pin(shop)
    assert facts["policy_version"] == 2
    assert config_in(get(shop, facts).data)["reload"] is True


def test_a_frozen_script_may_be_kept_for_good_and_read_by_any_page(shop: Shop) -> None:
    facts = pin(shop)
    answer = get(shop, facts, Accept_Encoding="br")

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(answer.data) == get(shop, facts).data


def test_nothing_about_a_visitor_changes_it(make_shop: MakeShop) -> None:
    shop = make_shop(country_header="CF-IPCountry")
    with shop.app.app_context():
        keep_banner_settings(shop.key, '{"modes": {"default": "off", "regions": {"DE": "opt_in"}}}')
    facts = pin(shop)

    answers = {
        get(shop, facts).data,
        get(shop, facts, CF_IPCountry="US", Sec_GPC="1", Accept_Language="en").data,
    }

    assert len(answers) == 1
    config = config_in(answers.pop())
    assert "open" not in config  # it asks as the strictest of the site's modes does
    assert "signal" not in config


def test_it_speaks_one_language_and_has_every_part_in_it(shop: Shop) -> None:
    body = get(shop, pin(shop, "--language", "en")).data

    config = config_in(body)
    assert (config["lang"], config["languages"]) == ("en", ["en"])
    assert config["texts"]["preferences_title"]
    assert config["labels"]["marketing"]["name"] == "Marketing"
    for part in FETCHED:
        alone = shop.app.test_client().get(f"/embed/{shop.key}/{part}.js?lang=en").text
        function = alone[len("ConsentBanner.join(") : alone.rindex("},{") + 1]
        assert function in body.decode(), part


def test_all_of_it_stays_within_its_budget(shop: Shop) -> None:
    bare = shop.with_notice(msgspec.structs.replace(NOTICE, services=()))

    answer = get(bare, pin(bare, "--language", "en"), Accept_Encoding="br")

    assert len(answer.data) <= WHOLE_BYTES


def test_the_same_script_twice_is_one(shop: Shop) -> None:
    assert pin(shop) == pin(shop, "--language", "ko")


def test_a_language_of_which_there_is_no_notice_is_refused(shop: Shop) -> None:
    result = shop.app.test_cli_runner().invoke(commands, ["pin", shop.key, "--language", "fr"])

    assert result.exit_code == 1
    assert "'fr'" in str(result.exception)


@pytest.mark.parametrize("name", ["0123456789abcdef", "%00", "preferences", "é"])
def test_what_was_never_frozen_is_not_there(shop: Shop, name: str) -> None:
    assert shop.app.test_client().get(f"/embed/{shop.key}/pinned/{name}.js").status_code == 404


def test_a_frozen_script_of_another_site_is_not_there(shop: Shop, other_shop: Shop) -> None:
    facts = pin(other_shop)

    under_this_site = facts["url"].replace(other_shop.key, shop.key)
    assert get(shop, facts | {"url": under_this_site}).status_code == 404


def test_a_warm_request_for_it_needs_no_sql(shop: Shop) -> None:
    facts = pin(shop)
    get(shop, facts)
    statements: list[str] = []
    with shop.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))

    assert get(shop, facts).status_code == 200
    assert statements == []
