"""`statistics show` and `export`: for people and for programs, and nothing about few."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import insert

from consent_server import clock
from consent_server.statistics.commands import commands
from consent_server.statistics.models import VisitCount
from consent_server.storage.database import db
from consent_server.visits.models import VisitDay
from support.shop import Shop

DAY = date(2026, 1, 15)
NOW = datetime(2026, 1, 16, 3, tzinfo=UTC)


@pytest.fixture
def counted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes the counts of a day as the job would."""
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def write(*lines: tuple[str, str, int, int], is_rest: bool = False) -> None:
        rows = [
            {"site_id": shop.id, "day": DAY, "dimension": dimension, "is_rest": is_rest,
             "value": value, "visits": visits, "visitors": visitors}
            for dimension, value, visits, visitors in lines
        ]  # fmt: skip
        with shop.app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(VisitDay), [{"day": DAY, "counted_at": NOW}])
            connection.execute(insert(VisitCount), rows)

    return write


def test_the_table_for_people_shows_days_sums_and_values(
    shop: Shop, runner: FlaskCliRunner, counted: Callable[..., None]
) -> None:
    counted(("total", "", 70, 30), ("robots", "", 4, 1), ("path", "/", 40, 20),
            ("path", "/pricing", 30, 12))  # fmt: skip

    shown = runner.invoke(commands, ["show", "--site", shop.key, "--since", "2026-01-14"])

    assert shown.exit_code == 0, shown.output
    assert "2026-01-14  no visit" in shown.output
    assert "2026-01-15          70          30         4" in shown.output
    assert "        40          20  /\n" in shown.output


def test_json_has_the_same_numbers(
    shop: Shop, runner: FlaskCliRunner, counted: Callable[..., None]
) -> None:
    counted(("total", "", 70, 30), ("path", "/", 40, 20))

    facts = json.loads(runner.invoke(commands, ["show", "--site", shop.key, "--json"]).output)

    assert (facts["visits"], facts["daily_visitors"]) == (70, 30)
    assert facts["values"]["path"] == {
        "shown": [{"value": "/", "visits": 40, "daily_visitors": 20}], "other_visits": 30,
    }  # fmt: skip


@pytest.mark.parametrize("file_format", ["csv", "json"])
def test_a_file_has_a_line_per_day_and_value_and_runs_in_no_spreadsheet(
    shop: Shop,
    runner: FlaskCliRunner,
    counted: Callable[..., None],
    tmp_path: Path,
    file_format: str,
) -> None:
    counted(("total", "", 70, 30), ("robots", "", 4, 1), ("browser", "=1+1", 40, 20))
    file = tmp_path / "statistics"

    done = runner.invoke(
        commands,
        ["export", "--site", shop.key, "--since", "2026-01-15", "--format", file_format,
         "-o", str(file)],
    )  # fmt: skip

    assert done.exit_code == 0, done.output
    text = file.read_text()
    rows = list(csv.DictReader(io.StringIO(text))) if file_format == "csv" else json.loads(text)
    assert [(row["dimension"], row["value"], int(row["visits"])) for row in rows] == [
        ("total", "", 70),
        ("robots", "", 4),
        ("browser", "'=1+1" if file_format == "csv" else "=1+1", 40),
    ]


@pytest.mark.parametrize("command", ["show", "export"])
def test_a_day_of_few_visitors_shows_no_number(
    shop: Shop, runner: FlaskCliRunner, counted: Callable[..., None], command: str
) -> None:
    counted(("total", "", 70, 4), ("robots", "", 60, 9))

    output = runner.invoke(commands, [command, "--site", shop.key]).output

    assert "few" in output
    assert "70" not in output
    assert "60" not in output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--since", "2026-02-01", "--until", "2026-01-01"], "before the first"),
        (["--since", "1990-01-01"], "ten years"),
    ],
)
def test_a_period_that_cannot_be_meant_is_refused(
    shop: Shop, runner: FlaskCliRunner, words: list[str], complaint: str
) -> None:
    refused = runner.invoke(commands, ["show", "--site", shop.key, *words])

    assert refused.exit_code != 0
    assert complaint in str(refused.exception)
