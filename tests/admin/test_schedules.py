"""Scheduled exports in the console: made and removed by officers; errors stand beside the field."""

from __future__ import annotations

import html

import pytest

from consent_server.errors import CommandError
from consent_server.reports.exports import Export, Order
from consent_server.reports.jobs import Destination, ask, refuse
from support.console import Console
from support.shop import Shop

# What is said here does not depend on the database.
pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

PAGE = "/admin/exports/schedules"
GOOD = {
    "kind": "visits", "every": "day", "format": "csv", "place": "folder", "target": "shop/daily",
    "purpose": "audit", "reason": "agreement 7",
}  # fmt: skip

REFUSED = "The bucket %(bucket)s refused: %(code)s."


def test_a_schedule_is_made_listed_and_removed_by_a_tick(owner: Console, shop: Shop) -> None:
    made = owner.send(PAGE, form=PAGE, **GOOD)
    listed = owner.get(PAGE).text
    unsure = owner.send(f"{PAGE}/1", form=PAGE)
    removed = owner.send(f"{PAGE}/1", form=PAGE, sure="on")

    assert made.status_code == 302
    assert "shop/daily" in listed
    assert (unsure.status_code, 'id="sure-error"' in unsure.text) == (400, True)
    assert removed.status_code == 302
    assert "No export is scheduled." in owner.get(PAGE).text
    acts = [act.act for act in owner.acts()]
    assert acts[-2:] == ["export.schedule", "export.unschedule"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"target": "../keys"}, "target", id="elsewhere"),
        pytest.param({"every": "month"}, "every", id="visits of a month"),
        pytest.param({"purpose": ""}, "purpose", id="no purpose"),
        pytest.param({"reason": " "}, "reason", id="no reason"),
        pytest.param({"place": "bucket", "target": "bucket"}, "place", id="no keys"),
    ],
)
def test_what_cannot_be_so_is_told_beside_its_field(
    owner: Console, shop: Shop, changed: dict[str, str], field: str
) -> None:
    answer = owner.send(PAGE, form=PAGE, **(GOOD | changed))

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert "agreement 7" in answer.text or "reason" in changed
    assert "No export is scheduled." in answer.text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        pytest.param("en", "The bucket gone refused: NoSuchBucket.", id="english"),
        pytest.param("ko", "버킷 gone이(가) 거부했습니다", id="korean"),
    ],
)
def test_why_an_export_failed_is_told_in_the_operators_language(
    owner: Console, shop: Shop, language: str, told: str
) -> None:
    owner.send(PAGE, form=PAGE, **GOOD)
    with shop.app.app_context():
        order = Order(export=Export(kind="consents", format="csv"), operator="kim", reason="audit")
        reference = ask(shop.house.exporter, order, Destination(schedule_id=1))
        refuse(reference, CommandError(REFUSED, bucket="gone", code="NoSuchBucket"))

    for page in (PAGE, f"/admin/exports/prepared/{reference}"):
        assert told in html.unescape(owner.get(f"{page}?lang={language}").text)
