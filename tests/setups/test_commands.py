"""A whole site as one file: the same state is the same bytes, and a file becomes a draft."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from consent_server.policies.drafts import draft_of
from consent_server.policies.registry import KOREAN_BODIES
from consent_server.policies.schemas import Contact, Processor
from consent_server.policies.services import publish
from consent_server.setups.commands import commands
from consent_server.setups.schemas import json_schema, read_file, write_file
from consent_server.sites.services import find_site
from support.shop import NOTICE, Shop

FULL = msgspec.structs.replace(
    NOTICE,
    texts={"ko": {"title": "쿠키 “선택”"}, "en": {"title": "Cookies"}},
    processors=(Processor(key="cloud", name="Cloud Inc.", tasks={"ko": "보관", "en": "Hosting"}),),
    officer=Contact(names={"ko": "홍길동", "en": "Hong Gildong"}, email="dpo@shop.example"),
    complaints=KOREAN_BODIES,
)


def run(shop: Shop, *words: str) -> Result:
    return shop.app.test_cli_runner().invoke(commands, list(words))


@pytest.fixture
def full(shop: Shop) -> Shop:
    """The shop with everything that a notice can name."""
    with shop.app.app_context():
        publish(shop.id, FULL)
    return shop


def exported(shop: Shop, folder: Path) -> Path:
    file = folder / "shop.json"
    assert run(shop, "export", shop.key, "-o", str(file)).exit_code == 0
    return file


def test_a_file_that_was_read_is_written_as_the_same_bytes(full: Shop, tmp_path: Path) -> None:
    source = exported(full, tmp_path).read_bytes()

    assert write_file(read_file(source)) == source
    assert "홍길동".encode() in source


def test_what_was_imported_and_published_is_exported_as_the_same_bytes(
    full: Shop, other_shop: Shop, tmp_path: Path
) -> None:
    file = exported(full, tmp_path)
    source = file.read_bytes()

    taken = run(other_shop, "import", other_shop.key, str(file), "--apply")
    published = run(other_shop, "publish", other_shop.key)

    assert (taken.exit_code, published.exit_code) == (0, 0)
    assert exported(other_shop, tmp_path).read_bytes() == source


def test_an_import_tells_what_differs_and_changes_nothing_but_the_draft(
    full: Shop, tmp_path: Path
) -> None:
    file = exported(full, tmp_path)
    wanted = json.loads(file.read_text())
    wanted["site"]["name"] = "Shop 2"
    wanted["notice"]["officer"]["phone"] = "02-000-0000"
    file.write_text(json.dumps(wanted))

    told = json.loads(run(full, "import", full.key, str(file), "--json").stdout)

    assert told == {
        "differences": [
            '~ notice.officer.phone: "" -> "02-000-0000"',
            '~ site.name: "Shop" -> "Shop 2"',
        ],
        "applied": False,
    }
    with full.app.app_context():
        assert find_site(full.key).name == "Shop"
        officer = draft_of(full.id).notice.officer
        assert officer
        assert officer.phone == "02-000-0000"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"site": 1}', '{"site": {"name": "x", "origins": []}, "notice": {}}']
)
def test_a_file_that_does_not_fit_is_refused_and_makes_no_draft(
    shop: Shop, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "broken.json"
    file.write_text(text)

    assert run(shop, "import", shop.key, str(file)).exit_code == 1
    with shop.app.app_context():
        assert draft_of(shop.id).edits == 0


def test_the_form_of_the_file_is_published(shop: Shop) -> None:
    answer = shop.app.test_client().get("/schemas/site.json")

    assert answer.mimetype == "application/schema+json"
    assert answer.get_json() == json.loads(json.dumps(json_schema()))
    assert set(answer.get_json()["$defs"]["SiteFile"]["required"]) == {"site", "notice"}
