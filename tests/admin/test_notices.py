"""The console's pages of a notice: a draft in a form, its day, what each version changed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from werkzeug.datastructures import MultiDict

from consent_server import clock
from consent_server.admin.notice_form import raw_of, read_notice_form, read_raw
from consent_server.policies.drafts import draft_of
from consent_server.policies.registry import KOREAN_BODIES
from consent_server.policies.schemas import Notice
from consent_server.policies.services import find_version, notice_of, publish, versions_of
from policies.test_registry import CLOUD, OFFICER, with_registry
from support.console import Console
from support.shop import NOTICE, Shop

pytestmark = pytest.mark.on_sqlite

_FIELD = re.compile(r'<input[^>]*name="([a-z][\w.-]*)"[^>]*value="([^"]*)"')


def fields_of(part: Any, place: str = "") -> dict[str, str]:
    """Returns a notice as the fields of its form."""
    if isinstance(part, dict):
        found: dict[str, str] = {}
        for name, value in part.items():
            found |= fields_of(value, f"{place}.{name}" if place else name)
        return found
    if isinstance(part, (list, tuple)):
        if all(isinstance(one, str) for one in part):
            return {place: " ".join(part)}
        return fields_of({str(at): one for at, one in enumerate(part)}, place)
    return {} if part is None else {place: str(part)}


def page_of(shop: Shop) -> str:
    return f"/admin/sites/{shop.key}/notice"


def save(console: Console, shop: Shop, notice: Notice, **more: str) -> Any:
    editor = f"{page_of(shop)}/draft"
    fields = fields_of(raw_of(notice)) | {"edits": "0"} | more
    return console.send(editor, form=editor, **fields)


def test_a_form_says_what_the_notice_says() -> None:
    full = with_registry()

    assert read_notice_form(read_raw(fields_of(raw_of(full)).items())) == full


@pytest.mark.parametrize(
    "fields",
    [
        {"purposes": "x"},
        {"purposes.0": "x", "purposes.0.key": "y"},
        {"purposes.x.key": "y"},
        {"services.0.names.ko": "x", "services.0.names": "y"},
        {"__class__.x": "y", "a.b.c.d.e": "z"},
        {"purposes.99999999999999999999.key": "y"},
    ],
)
def test_no_field_names_break_the_form(fields: dict[str, str]) -> None:
    assert isinstance(read_raw(MultiDict(fields).items()), dict)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> date:
    """Stops the clock, so that no midnight falls into the test; returns the day in Seoul."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    return now.astimezone(ZoneInfo("Asia/Seoul")).date()


def test_a_draft_is_edited_announced_and_called_off(
    owner: Console, shop: Shop, today: date
) -> None:
    page, day = page_of(shop), today + timedelta(days=7)

    assert save(owner, shop, with_registry()).status_code == 302
    drafted = owner.get(page).text
    announced = owner.send(
        f"{page}/announce",
        form=page,
        announced=today.isoformat(),
        effective=day.isoformat(),
        reason="A new host.",
    )
    waiting = owner.get(page).text
    public = shop.app.test_client().get(f"/policies/{shop.key}?lang=en").text
    coming = shop.app.test_client().get(f"/policies/{shop.key}/2?lang=en").text
    owner.send(f"{page}/cancel", form=page, typed="Shop", reason="The host is not ready.")

    assert "Cloud Inc." in drafted
    assert "Nobody is asked again" in drafted
    assert announced.status_code == 302
    assert f"From {day} version 2 applies." in public
    assert 'id="processors"' not in public
    assert "Announced: version 2" in waiting
    for told in ("Cloud Inc.", "2027-03-31", "Hong Gildong", "118", "A new host.", "announced and"):
        assert told in coming, told
    assert "The host is not ready." in owner.get(page).text
    acts = [(entry.act, entry.reference) for entry in owner.acts() if "policy" in entry.act]
    assert acts == [("policy.draft", ""), ("policy.announce", "2"), ("policy.cancel", "2")]


def test_too_short_a_notice_period_is_refused_with_the_first_day_possible(
    owner: Console, shop: Shop, today: date
) -> None:
    save(owner, shop, with_registry())
    page = page_of(shop)

    answer = owner.send(
        f"{page}/announce",
        form=page,
        announced=today.isoformat(),
        effective=(today + timedelta(days=6)).isoformat(),
    )

    assert answer.status_code == 400
    assert "first day possible" in answer.text
    with shop.app.app_context():
        assert len(versions_of(shop.id)) == 1
        assert draft_of(shop.id).edits == 1


def test_a_mistake_comes_back_as_it_was_filled_in(owner: Console, shop: Shop) -> None:
    answer = save(owner, shop, NOTICE, **{"purposes.0.key": "No Key"})

    assert answer.status_code == 400
    assert 'value="No Key"' in answer.text
    assert "Nothing was saved:" in answer.text
    with shop.app.app_context():
        assert draft_of(shop.id).edits == 0


def test_a_row_is_added_without_saving_and_taken_out_by_its_box(owner: Console, shop: Shop) -> None:
    added = save(owner, shop, NOTICE, add="processors")
    save(owner, shop, NOTICE, **{"services.0.remove": "1"})

    assert 'name="processors.0.key"' in added.text
    with shop.app.app_context():
        assert draft_of(shop.id).notice == msgspec.structs.replace(NOTICE, services=())


def test_an_old_version_never_overwrites_a_draft(owner: Console, shop: Shop) -> None:
    assert save(owner, shop, with_registry()).status_code == 302
    page = page_of(shop)

    refused = owner.send(f"{page}/rollback", form=page, version="1")

    assert refused.status_code == 400
    assert "There is a draft already" in refused.text
    with shop.app.app_context():
        assert draft_of(shop.id).notice == with_registry()

    owner.send(f"{page}/discard", form=page, typed="shop")
    with shop.app.app_context():
        assert draft_of(shop.id).edits == 0


def test_an_old_version_becomes_the_draft_and_then_a_new_version(
    owner: Console, shop: Shop
) -> None:
    with shop.app.app_context():
        publish(shop.id, with_registry())
    page = page_of(shop)

    owner.send(f"{page}/rollback", form=page, version="1")
    published = owner.send(f"{page}/publish", form=page)

    assert published.status_code == 302
    with shop.app.app_context():
        assert find_version(shop.id).number == 3
        assert notice_of(find_version(shop.id)) == NOTICE


def test_something_new_is_not_published_at_once_without_a_reason(
    owner: Console, shop: Shop
) -> None:
    [service] = NOTICE.services
    bought = msgspec.structs.replace(service, vendor="Bought Ltd.")
    save(owner, shop, msgspec.structs.replace(NOTICE, services=(bought,)))
    page = page_of(shop)

    refused = owner.send(f"{page}/publish", form=page)
    done = owner.send(f"{page}/publish", form=page, urgent="It was sold.")

    assert refused.status_code == 400
    assert "another vendor" in refused.text
    assert done.status_code == 302


def test_a_contract_that_is_over_raises_an_alarm(
    owner: Console, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = msgspec.structs.replace(CLOUD, ends_on=(clock.now() - timedelta(days=3)).date())
    with shop.app.app_context():
        publish(shop.id, with_registry(processors=(over,)))

    for page in ("/admin/", page_of(shop)):
        assert "The contract with Cloud Inc. is over." in owner.get(page).text


def test_a_viewer_sees_the_notice_and_changes_nothing(viewer: Console, shop: Shop) -> None:
    page = viewer.get(page_of(shop)).text

    assert "Versions of the notice" in page
    assert "<form" not in page.split("<main")[1]


def test_the_page_of_a_version_shows_what_it_changed_and_what_stood_around_it(shop: Shop) -> None:
    with shop.app.app_context():
        publish(shop.id, with_registry(officer=OFFICER, complaints=KOREAN_BODIES))
    client = shop.app.test_client()

    newest = client.get(f"/policies/{shop.key}/2?lang=en").text
    old = client.get(f"/policies/{shop.key}/1?lang=en").text

    assert "<ins>Hong Gildong</ins>" in newest
    assert "What the version after it changed (2)" in old
    assert "Shop Ltd." in old
