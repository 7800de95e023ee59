"""`consent-server statistics`: counts of visits, as a table for people or a file for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import click
from flask import current_app
from flask.cli import AppGroup

from consent_server.errors import CommandError
from consent_server.sites.services import find_site
from consent_server.statistics.rules import DIMENSIONS
from consent_server.statistics.services import DayNumbers, Numbers, Statistics

_COLUMNS: Final = ("site", "day", "state", "dimension", "value", "visits", "visitors")
_DEFAULT_DAYS: Final = 28
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_WORDS: Final = {
    "few": "too few visitors to show",
    "incomplete": "some visits could not be read",
    "waiting": "not counted yet",
    "destroyed": "destroyed before it was counted",
    "none": "no visit",
}

commands = AppGroup(
    "statistics",
    help="Counts of visits that outlive the visits; nothing about fewer than five visitors.",
    epilog="Example: consent-server statistics show --site KEY",
)


class Day(click.ParamType[date]):
    """A calendar day."""

    name = "day"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """Returns the day."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not like 2026-01-31")


def _period_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--site", "site_key", required=True, help="Key of the site."),
        click.option("--since", type=Day(), help="First day; default: four weeks."),
        click.option("--until", type=Day(), help="Last day; default: yesterday."),
    ):
        command = option(command)
    return command


@commands.command("show", epilog="Example: consent-server statistics show --site KEY")
@_period_options
@click.option("--top", default=10, show_default=True, type=click.IntRange(1, 1000))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(site_key: str, since: date | None, until: date | None, top: int, as_json: bool) -> None:
    """Print visits, visitors per day and the most frequent values of a site."""
    numbers = _numbers(site_key, since, until)
    if as_json:
        click.echo(json.dumps(_facts(site_key, numbers), ensure_ascii=False))
        return
    for day in numbers.days:
        click.echo(_line(day))
    click.echo(
        f"sum         {numbers.visits:>10}  {numbers.daily_visitors:>10}  {numbers.robots:>8}"
        "  (visitors per day, added up)"
    )
    for dimension, (cells, others) in numbers.sums.items():
        click.echo(f"\n{dimension}")
        for cell in cells[:top]:
            click.echo(f"{cell.visits:>10}  {cell.visitors or 0:>10}  {cell.value or 'unknown'}")
        unlisted = others + sum(cell.visits for cell in cells[top:])
        click.echo(f"{unlisted:>10}  {'':>10}  all others")


@commands.command("export", epilog="Example: consent-server statistics export --site KEY -o s.csv")
@_period_options
@click.option("--format", "file_format", type=click.Choice(["csv", "json"]), default="csv")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: stdout.")
def export(
    site_key: str, since: date | None, until: date | None, file_format: str, output: Path | None
) -> None:
    """Write the counts of each day, one line per value."""
    numbers = _numbers(site_key, since, until)
    rows = list(_rows(site_key, numbers.days))
    if file_format == "csv":
        text = _csv(rows)
    else:
        facts = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        text = json.dumps(facts, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"Cannot write {output}: {error.strerror}.") from error


def _numbers(site_key: str, since: date | None, until: date | None) -> Numbers:
    statistics: Statistics = current_app.extensions["consent_server"].statistics
    last = until or statistics.yesterday()
    first = since or last - timedelta(days=_DEFAULT_DAYS - 1)
    if last < first:
        raise CommandError("The last day is before the first.")
    if (last - first).days > 4000:
        raise CommandError("Ask for ten years at most.")
    return statistics.of(find_site(site_key).id, first, last)


def _line(day: DayNumbers) -> str:
    words = _WORDS.get(day.state, "")
    if not day.is_shown:
        return f"{day.day}  {words}"
    line = f"{day.day}  {day.visits:>10}  {day.visitors:>10}  {day.robots:>8}"
    return f"{line}  {words}".rstrip()


def _facts(site_key: str, numbers: Numbers) -> dict[str, Any]:
    return {
        "site": site_key,
        "visits": numbers.visits,
        "daily_visitors": numbers.daily_visitors,
        "robots": numbers.robots,
        "days": [
            {
                "day": day.day.isoformat(),
                "state": day.state,
                "visits": day.visits,
                "visitors": day.visitors,
                "robots": day.robots,
                "unreadable": day.unreadable,
            }
            for day in numbers.days
        ],
        "values": {
            dimension: {
                "shown": [
                    {"value": cell.value, "visits": cell.visits, "daily_visitors": cell.visitors}
                    for cell in cells
                ],
                "other_visits": others,
            }
            for dimension, (cells, others) in numbers.sums.items()
        },
    }


def _rows(site_key: str, days: list[DayNumbers]) -> Iterator[tuple[Any, ...]]:
    """Yields the lines of a file; the value `(other)` stands for all that are not shown."""
    for day in days:
        fixed = (site_key, day.day.isoformat(), day.state)
        yield (*fixed, "total", "", day.visits, day.visitors)
        if day.robots is not None:
            yield (*fixed, "robots", "", day.robots, None)
        for dimension in DIMENSIONS:
            cells, rest = (day.values or {}).get(dimension, ([], None))
            for cell in cells:
                yield (*fixed, dimension, cell.value, cell.visits, cell.visitors)
            if rest:
                yield (*fixed, dimension, "(other)", rest.visits, rest.visitors)


def _csv(rows: list[tuple[Any, ...]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    writer.writerows([["" if cell is None else _harmless(cell) for cell in row] for row in rows])
    return buffer.getvalue()


def _harmless(cell: Any) -> Any:
    """Returns a cell that a spreadsheet shows and does not run (CWE-1236)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
