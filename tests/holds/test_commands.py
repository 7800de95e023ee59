"""`consent-server holds`."""

from __future__ import annotations

import json
from datetime import timedelta

from flask.testing import FlaskCliRunner

from consent_server import clock
from consent_server.holds.commands import commands
from support.bases import rows
from support.shop import Shop

ADDRESS = "203.0.113.77"


def test_a_hold_is_opened_read_and_released(shop: Shop, runner: FlaskCliRunner) -> None:
    for address in (ADDRESS, "198.51.100.9"):
        shop.send_visit(shop.visit(), environ_base={"REMOTE_ADDR": address})
    ends = (clock.now() + timedelta(days=30)).isoformat()
    given = ["--basis", "court", "--reference", "1", "--officer", "J. Kim", "--ends", ends]
    opening = ["open", "Case 7", "--site", shop.key, *given, "--reason", "order", "--json"]

    opened = runner.invoke(commands, [*opening, "--address"], input=f"{ADDRESS}\n")
    hold = json.loads(opened.output)["hold_id"]
    listed = json.loads(runner.invoke(commands, ["list", "--json"]).output)
    read = runner.invoke(commands, ["read", hold, "--reason", "for the court"])
    later = (clock.now() + timedelta(days=60)).isoformat()
    extended = runner.invoke(commands, ["extend", hold, "--ends", later, "--reason", "goes on"])
    released = runner.invoke(commands, ["release", hold, "--reason", "settled", "--yes"])

    assert [each["hold_id"] for each in listed] == [hold]
    assert [json.loads(line)["payload"]["ip"] for line in read.output.splitlines()] == [ADDRESS]
    assert (extended.exit_code, released.exit_code) == (0, 0)
    assert ADDRESS not in opened.output
    assert rows(shop, "held_visits") == 0


def test_both_narrowings_at_once_are_refused(shop: Shop, runner: FlaskCliRunner) -> None:
    ends = (clock.now() + timedelta(days=30)).isoformat()

    answer = runner.invoke(
        commands,
        ["open", "Case 7", "--site", shop.key, "--basis", "court", "--reference", "1",
         "--officer", "J. Kim", "--ends", ends, "--reason", "x", "--address", "--visitor"],
    )  # fmt: skip

    assert answer.exit_code == 2
    assert rows(shop, "legal_holds") == 0
