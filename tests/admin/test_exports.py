"""Exports from the console: with a reason, streamed, written down before and after."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from typing import Final

import pytest

from consent_server import clock
from support.console import Console
from support.shop import Shop

pytestmark = pytest.mark.on_sqlite

EXPORTS = "/admin/exports"
WHY = "Yearly audit"
FOR: Final = {"purpose": "audit", "reason": WHY}
AS_THEY_ARE: Final = FOR | {"masking": "unmasked"}
BOM = "\ufeff"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_without_a_reason_nothing_leaves_and_the_form_keeps_what_was_chosen(
    handler: Console, shop: Shop
) -> None:
    shop.send_visit(shop.visit(path="/secret-page"))

    answer = handler.send(EXPORTS, form=EXPORTS, kind="visits", format="ndjson", reason="  ")

    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert "/secret-page" not in answer.text
    assert 'id="reason-error"' in answer.text
    assert 'value="visits" checked' in answer.text
    assert 'value="ndjson" checked' in answer.text
    assert [act.act for act in handler.acts() if "export" in act.act] == []


def test_consent_records_come_as_csv_file(handler: Console, shop: Shop) -> None:
    accepted, refused = shop.submission(), shop.refusal()
    shop.send_consent(accepted)
    shop.send_consent(refused)

    answer = handler.send(EXPORTS, form=EXPORTS, kind="consents", format="csv", **FOR)

    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=consents-")
    assert not answer.text.startswith(BOM)
    assert [(row["site"], row["consent_id"], row["action"]) for row in rows_of(answer.text)] == [
        (shop.key, accepted["submission_id"], "accept_all"),
        (shop.key, refused["submission_id"], "refuse_all"),
    ]


def test_visit_records_come_as_lines_of_json(handler: Console, shop: Shop) -> None:
    shop.send_visit(shop.visit(path="/pricing"), environ_base={"REMOTE_ADDR": "203.0.113.77"})

    answer = handler.send(EXPORTS, form=EXPORTS, kind="visits", format="ndjson", **AS_THEY_ARE)

    [visit] = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.mimetype == "application/x-ndjson"
    assert (visit["site"], visit["path"], visit["ip"]) == (shop.key, "/pricing", "203.0.113.77")


def test_visits_are_masked_unless_somebody_asks_for_them_as_they_are(
    handler: Console, shop: Shop
) -> None:
    sent = shop.visit()
    shop.send_visit(sent, environ_base={"REMOTE_ADDR": "203.0.113.77"})

    answer = handler.send(EXPORTS, form=EXPORTS, kind="visits", format="ndjson", **FOR)

    [visit] = [json.loads(line) for line in answer.text.splitlines()]
    assert (visit["ip"], visit["user_agent"]) == ("203.0.113.0", "")
    assert visit["visit_id"] != sent["visit_id"]
    assert "visits-masked-" in answer.headers["Content-Disposition"]


def test_without_a_purpose_nothing_leaves(handler: Console, shop: Shop) -> None:
    answer = handler.send(EXPORTS, form=EXPORTS, kind="visits", masking="unmasked", reason=WHY)

    assert answer.status_code == 400
    assert 'id="purpose-error"' in answer.text
    assert 'value="unmasked" checked' in answer.text
    assert [act.act for act in handler.acts() if "export" in act.act] == []


@pytest.mark.parametrize(
    ("form", "begin"), [pytest.param("xlsx", b"PK", id="xlsx"), pytest.param("parquet", b"PAR1")]
)
def test_every_format_is_offered_and_delivered(
    handler: Console, shop: Shop, form: str, begin: bytes
) -> None:
    shop.send_consent(shop.submission())
    page = handler.get(EXPORTS).text

    answer = handler.send(EXPORTS, form=EXPORTS, kind="consents", format=form, **FOR)

    assert f'value="{form}"' in page
    assert answer.data.startswith(begin)
    assert answer.headers["Content-Disposition"].endswith(f".{form}")


def test_for_korean_excel_the_file_begins_with_a_byte_order_mark(
    handler: Console, shop: Shop
) -> None:
    answer = handler.send(EXPORTS, form=EXPORTS, kind="visits", format="csv", bom="on", **FOR)

    assert answer.text.startswith(BOM + "site,")


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(handler: Console, shop: Shop) -> None:
    shop.send_visit(shop.visit(path='/=HYPERLINK("//evil.example")'))
    shop.send_visit(shop.visit(), user_agent="=cmd|'/c calc'!A0")

    answer = handler.send(EXPORTS, form=EXPORTS, kind="visits", format="csv", **AS_THEY_ARE)

    cells = [cell for row in rows_of(answer.text) for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(("=", "+", "@"))] == []


def test_an_export_is_written_down_before_and_after_with_reason_site_and_count(
    handler: Console, shop: Shop
) -> None:
    shop.send_consent(shop.submission())

    answer = handler.send(EXPORTS, form=EXPORTS, kind="consents", site=shop.key, **FOR)

    assert len(rows_of(answer.text)) == 1
    begun, done = [act for act in handler.acts() if act.act.startswith("consents.export")]
    assert (begun.act, done.act) == ("consents.export", "consents.exported")
    assert {begun.operator, done.operator} == {handler.email}
    assert {begun.reason, done.reason} == {f"audit: {WHY}"}
    assert {begun.site_id, done.site_id} == {shop.id}
    assert (begun.record_count, done.record_count) == (None, 1)
    assert begun.reference == done.reference


def test_an_export_that_is_broken_off_stands_in_the_access_log(
    handler: Console, shop: Shop
) -> None:
    answer = handler.send(EXPORTS, form=EXPORTS, kind="visits", **FOR)
    answer.close()

    assert [act.act for act in handler.acts()][-1] == "visits.export"


def test_an_export_holds_only_what_was_chosen(
    handler: Console, shop: Shop, other_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = datetime(2026, 3, 15, 12, tzinfo=timezone(timedelta(hours=9)))
    monkeypatch.setattr(clock, "now", lambda: noon)
    wanted = shop.refusal()
    shop.send_consent(wanted)
    shop.send_consent(shop.submission())
    other_shop.send_consent(other_shop.refusal(), origin="https://other.example")
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(hours=12))
    shop.send_consent(shop.refusal())

    answer = handler.send(
        EXPORTS,
        form=EXPORTS,
        kind="consents",
        format="ndjson",
        site=shop.key,
        action="refuse_all",
        since="2026-03-15",
        until="2026-03-15",
        **FOR,
    )

    found = [json.loads(line)["consent_id"] for line in answer.text.splitlines()]
    assert found == [wanted["submission_id"]]


def test_a_day_that_cannot_be_read_stops_the_export(handler: Console) -> None:
    answer = handler.send(EXPORTS, form=EXPORTS, kind="visits", since="yesterday", **FOR)

    assert answer.status_code == 400
    assert 'id="since-error"' in answer.text


def test_a_site_that_is_not_there_is_told_and_does_not_mean_all_sites(
    handler: Console, shop: Shop
) -> None:
    shop.send_consent(shop.submission())

    answer = handler.send(EXPORTS, form=EXPORTS, kind="consents", site="nosuchsite12", **FOR)

    assert answer.status_code == 400
    assert 'id="site-error"' in answer.text
    assert [act.act for act in handler.acts() if "export" in act.act] == []


def test_what_a_list_was_filtered_by_can_be_exported(handler: Console, shop: Shop) -> None:
    korean, english = shop.submission(), shop.submission(language="en")
    shop.send_consent(korean)
    shop.send_consent(english)

    files = [
        handler.send(EXPORTS, form=EXPORTS, **asked, **FOR).text
        for asked in ({"language": "en"}, {"version": "1"}, {"version": "2"})
    ]

    assert [[row["consent_id"] for row in rows_of(text)] for text in files] == [
        [english["submission_id"]],
        [korean["submission_id"], english["submission_id"]],
        [],
    ]


def test_of_visits_those_of_a_country_or_of_none(handler: Console, shop: Shop) -> None:
    shop.send_visit(shop.visit(path="/nowhere"))

    of_none, of_korea = (
        handler.send(EXPORTS, form=EXPORTS, kind="visits", country=country, **FOR).text
        for country in ("-", "KR")
    )

    assert "/nowhere" in of_none
    assert "/nowhere" not in of_korea


def test_a_code_that_is_none_is_said_beside_its_field(handler: Console) -> None:
    answer = handler.send(EXPORTS, form=EXPORTS, country="Korea", **FOR)

    assert answer.status_code == 400
    assert 'id="country-error"' in answer.text
