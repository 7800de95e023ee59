"""Load on the server: what wrk tells is read rightly, and a run with a failure counts as none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.server.agents import agents
from bench.server.contenders import check_rows
from bench.server.destroying import percentile
from bench.server.destruction import removing_seconds
from bench.server.exports import net_seconds
from bench.server.loadgen import VoidRunError, last_line, lua, outcome
from bench.server.places import file_system
from bench.server.rounds import in_turn, spread, turn_order

ERRORS = {"connect": 0, "read": 0, "write": 0, "status": 0, "timeout": 0}
MOUNTS = (
    "/dev/vda / ext4 rw 0 0\ntmpfs /var/quick tmpfs rw 0 0\n/dev/vdb /var/quick/slow xfs rw 0 0\n"
)


def line(**changes: Any) -> dict[str, Any]:
    times = {"p50_ms": 1.0, "p90_ms": 2.0, "p99_ms": 3.0, "max_ms": 9.0}
    return {
        "requests": 4000, "seconds": 2.0, "bytes": 1000, "errors": ERRORS, **times, **changes,
    }  # fmt: skip


def test_the_result_is_found_among_the_words_of_wrk() -> None:
    said = "Running 2s test @ http://127.0.0.1:1\n  1 threads and 8 connections\n"
    output = f"{said}Requests/sec: 2000\n\n{json.dumps(line())}\n"

    found = outcome(last_line(output))

    assert found.per_second == 2000
    assert found.p99_ms == 3.0


def test_a_run_that_tells_nothing_is_void() -> None:
    with pytest.raises(VoidRunError, match="unable to connect"):
        last_line("unable to connect to 127.0.0.1:1 Connection refused")


@pytest.mark.parametrize("name", list(ERRORS))
def test_a_run_with_one_failed_request_is_void(name: str) -> None:
    with pytest.raises(VoidRunError, match=name):
        outcome(line(errors=ERRORS | {name: 1}))


def test_a_run_without_answers_is_void() -> None:
    with pytest.raises(VoidRunError):
        outcome(line(requests=0))


@pytest.mark.parametrize("made", [1000, 1064])
def test_acknowledged_rows_and_those_on_their_way_are_right(made: int) -> None:
    check_rows("ours", 1000, made, 64)


@pytest.mark.parametrize("made", [999, 1065])
def test_a_row_too_few_or_too_many_makes_a_run_void(made: int) -> None:
    with pytest.raises(VoidRunError):
        check_rows("ours", 1000, made, 64)


def test_facts_become_a_table_of_lua() -> None:
    facts = {"count": 3, "shots": [{"before": '{"a":"', "headers": {"X-Y": "z"}}]}

    assert lua(facts) == (
        '{["count"]=3,["shots"]={{["before"]="{\\"a\\":\\"",["headers"]={["X-Y"]="z"}}}}'
    )


def test_user_agents_are_many_distinct_and_fit_into_a_header() -> None:
    found = agents()

    assert len(set(found)) == len(found) > 500
    assert all(one.isascii() and one.isprintable() for one in found)


def test_each_round_begins_with_another_contender_and_leaves_nobody_out() -> None:
    orders = [turn_order(3, number) for number in range(3)]

    assert orders == [[0, 1, 2], [1, 2, 0], [2, 0, 1]]


def test_what_is_measured_stays_with_its_contender() -> None:
    assert in_turn(2, ["a", "b"], str.upper) == [["A", "A"], ["B", "B"]]


def test_a_spread_names_the_median_and_the_extremes() -> None:
    assert spread([3, 1, 200]) == {"median": 3, "min": 1, "max": 200, "rounds": 3}


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert percentile([5.0, 1.0, 3.0], 0.5) == 3.0
    assert percentile([5.0, 1.0, 3.0], 1) == 5.0


def test_only_statements_that_remove_are_counted_as_removal() -> None:
    one = {"seconds": 2.0, "statements_seconds": {"SELECT": 0.5, "DELETE": 1.0, "DROP": 0.25}}

    assert removing_seconds(one) == 1.25
    assert removing_seconds({"seconds": 2.0, "statements_seconds": {"SELECT": 0.5}}) == 2.0


@pytest.mark.parametrize(
    ("place", "kind"),
    [("/var/lib", "ext4"), ("/var/quick/a", "tmpfs"), ("/var/quick/slow/b", "xfs")],
)
def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount(place: str, kind: str) -> None:
    assert file_system(Path(place), MOUNTS) == kind


def test_the_start_up_is_taken_off_and_an_export_quicker_than_it_is_void() -> None:
    assert net_seconds("ours", 0.5, [1.5, 2.5]) == [1.0, 2.0]
    with pytest.raises(VoidRunError, match="more --rows"):
        net_seconds("ours", 0.5, [1.5, 0.4])
