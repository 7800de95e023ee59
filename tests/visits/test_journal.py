"""The journal of erasures survives full disks and killed processes; it tells nobody's name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from consent_server.visits.journal import Journal, Line

DAY = date(2026, 1, 15)
AT = datetime(2026, 1, 15, 0, 30, 0, 123456, tzinfo=UTC)


def line(number: int) -> Line:
    return Line(bytes([number]) * 16, number, AT + timedelta(seconds=number))


def test_lines_come_back_in_their_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "erased")
    for number in range(3):
        journal.append({DAY: line(number)})

    found = journal.lines(DAY, after=1)

    assert (found.first, found.lines) == (1, [line(1), line(2)])
    assert journal.days() == [DAY]


def test_a_line_that_was_cut_off_is_neither_read_nor_in_the_way(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "erased")
    journal.append({DAY: line(1)})
    [file] = (tmp_path / "erased").iterdir()
    with file.open("ab") as torn:
        torn.write(b"half a line")

    before = journal.lines(DAY).lines
    journal.append({DAY: line(2)})

    assert before == [line(1)]
    assert journal.lines(DAY).lines == [line(1), line(2)]


def test_a_mark_from_another_journal_leaves_no_line_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "erased")
    journal.append({DAY: line(1)})

    found = journal.lines(DAY, after=7)

    assert (found.first, found.lines) == (0, [line(1)])


def test_a_day_is_forgotten_as_often_as_one_likes(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "erased")
    journal.append({DAY: line(1)})

    for _ in range(2):
        journal.forget(DAY)

    assert journal.days() == []
    assert journal.lines(DAY).lines == []


def test_nobody_else_may_enter(tmp_path: Path) -> None:
    Journal(tmp_path / "erased").append({DAY: line(1)})

    [file] = (tmp_path / "erased").iterdir()
    assert (tmp_path / "erased").stat().st_mode & 0o077 == 0
    assert file.stat().st_mode & 0o077 == 0
