"""Scheduled exports: of each period once, into a folder or a bucket, and destroyed on their day."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from flask.testing import FlaskCliRunner
from moto.server import ThreadedMotoServer

from consent_server import clock
from consent_server.reports.copy_commands import export_commands
from consent_server.reports.jobs import failure_of, jobs_of
from consent_server.reports.ledger import destroyed_copies, open_copies
from consent_server.reports.schedules import NewSchedule, all_schedules, remove_schedule
from support.shop import MakeShop, Shop

ON_SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
NOON = datetime.fromisoformat("2026-03-01T12:00:00+09:00")
NEXT_DAY = datetime.fromisoformat("2026-03-02T00:15:00+09:00")
KEYS = {"s3_access_key": "access-key-of-a-test", "s3_secret_key": "secret-key-of-a-test"}
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    def turn(instant: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: instant)

    turn(NOON)
    return turn


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server that speaks S3 over HTTP."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client_of(endpoint: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="any",
        aws_secret_access_key="any",
    )  # fmt: skip


def scheduled(shop: Shop, **changes: Any) -> int:
    new: dict[str, Any] = {
        "kind": "visits", "format": "csv", "every": "day", "place": "folder", "site_id": shop.id,
        "target": "shop/daily", "reason": "agreement 7", "purpose": "audit",
    }  # fmt: skip
    with shop.app.app_context():
        return shop.house.scheduling.add(NewSchedule(**(new | changes)), "kim")


def run(shop: Shop) -> bool:
    with shop.app.app_context():
        return shop.house.export_runner.run()


def files(shop: Shop) -> dict[str, bytes]:
    folder = shop.house.settings.exports_dir / "scheduled"
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_day_that_is_over_is_delivered_masked_with_a_manifest_and_destroyed_on_its_day(
    make_shop: MakeShop, turn_clock: TurnClock
) -> None:
    shop = make_shop(export_days=5)
    shop.send_visit(shop.visit(path="/first"), environ_base={"REMOTE_ADDR": "203.0.113.77"})
    scheduled(shop)
    early = run(shop), files(shop)
    turn_clock(NEXT_DAY)
    shop.send_visit(shop.visit(path="/second"))

    assert run(shop)
    assert run(shop)  # and no second time

    name = f"visits-masked-{shop.key}-2026-03-01-1.csv"
    delivered = files(shop)
    assert early == (True, {})
    assert sorted(delivered) == [name, f"{name}.manifest.json"]
    assert b"/first" in delivered[name]
    assert b"/second" not in delivered[name]
    assert b"203.0.113.77" not in delivered[name]
    stated = json.loads(delivered[f"{name}.manifest.json"])
    assert (stated["file"], stated["operator"], stated["masked"]) == (name, "kim", True)
    with shop.app.app_context():
        [copy] = open_copies()
        turn_clock(copy.expires_at)
    assert copy.expires_at == NEXT_DAY + timedelta(days=5)
    run(shop)
    kept = files(shop)
    assert name not in kept
    assert len(kept) == 2 * 5  # of the days since
    with shop.app.app_context():
        assert [each.reference for each in destroyed_copies()] == [copy.reference]


def test_what_fails_is_seen_and_tried_again_until_it_succeeds(
    shop: Shop, turn_clock: TurnClock
) -> None:
    folder = shop.house.settings.exports_dir / "scheduled"
    folder.mkdir(parents=True)
    (folder / "shop").write_text("a file where a folder should be")
    scheduled(shop, kind="consents")
    turn_clock(NEXT_DAY)

    failed = run(shop)
    [job] = jobs(shop)
    metrics = shop.app.test_client().get("/metrics").text
    (folder / "shop").unlink()
    too_early = run(shop), jobs(shop)[0].state
    turn_clock(NEXT_DAY + timedelta(minutes=1))
    succeeded = run(shop)

    assert (failed, job.state, job.attempts) == (False, "queued", 1)
    assert job.due_at == NEXT_DAY + timedelta(minutes=1)
    assert str(failure_of(job)).startswith("The file cannot be written:")
    assert "consent_scheduled_exports_failing 1.0" in metrics
    assert too_early == (True, "queued")
    assert (succeeded, jobs(shop)[0].state, jobs(shop)[0].problem) == (True, "done", "")


def test_days_that_were_missed_are_made_up_for_unless_their_visits_have_moved_away(
    shop: Shop, turn_clock: TurnClock
) -> None:
    scheduled(shop)
    scheduled(shop, kind="consents")
    turn_clock(NEXT_DAY + timedelta(days=8))

    run(shop)

    states = {(job.wanted["kind"], job.wanted["since"][:10]): job.state for job in jobs(shop)}
    assert len(states) == 18
    assert {day for (kind, day), state in states.items() if state == "failed"} == {
        "2026-03-01", "2026-03-02", "2026-03-03",
    }  # fmt: skip
    assert {kind for (kind, _), state in states.items() if state == "failed"} == {"visits"}


@ON_SQLITE
def test_a_bucket_gets_the_file_and_loses_it_on_its_day(
    make_shop: MakeShop, s3: str, turn_clock: TurnClock
) -> None:
    shop = make_shop(s3_endpoint=s3, **KEYS)
    bucket, client = "exports-of-a-shop", client_of(s3)
    client.create_bucket(Bucket=bucket)
    shop.send_consent(shop.submission())
    scheduled(shop, kind="consents", format="parquet", place="bucket", target=f"{bucket}/daily")
    turn_clock(NEXT_DAY)

    assert run(shop)

    name = f"daily/consents-{shop.key}-2026-03-01-1.parquet"
    listed = [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == [name, f"{name}.manifest.json"]
    file = client.get_object(Bucket=bucket, Key=name)["Body"].read()
    assert file.startswith(b"PAR1")
    with shop.app.app_context():
        [copy] = open_copies()
        assert copy.byte_count == len(file)
        remove_schedule(1, "kim")
        turn_clock(copy.expires_at)
        shop.house.export_runner.run()
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)


@ON_SQLITE
def test_more_than_one_part_is_uploaded_whole_and_a_broken_upload_is_not_there(
    make_shop: MakeShop, s3: str
) -> None:
    shop = make_shop(s3_endpoint=s3, **KEYS)
    bucket, client = "large-files", client_of(s3)
    client.create_bucket(Bucket=bucket)
    target = shop.house.export_runner.places.open("bucket", bucket)
    block = os.urandom(1_000_000)

    target.put("whole", [block] * 18)
    with pytest.raises(RuntimeError, match="killed"):
        target.put("half", broken(block))

    assert client.get_object(Bucket=bucket, Key="whole")["Body"].read() == block * 18
    assert [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["whole"]
    assert client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


@ON_SQLITE
def test_a_bucket_that_is_not_there_is_told_in_one_line_without_a_key(
    make_shop: MakeShop, s3: str, turn_clock: TurnClock
) -> None:
    shop = make_shop(s3_endpoint=s3, **KEYS)
    scheduled(shop, kind="consents", place="bucket", target="nobodys-bucket")
    turn_clock(NEXT_DAY)

    assert not run(shop)

    [job] = jobs(shop)
    assert str(failure_of(job)) == "The bucket nobodys-bucket refused: NoSuchBucket."
    with shop.app.app_context():
        rows = [str(row) for row in (*all_schedules(), *jobs_of(None))]
    assert not [row for row in rows if any(key in row for key in KEYS.values())]


@ON_SQLITE
def test_the_command_line_makes_lists_and_removes(shop: Shop, runner: FlaskCliRunner) -> None:
    words = ["schedule", "add", "consents", "--every", "month", "--reason", "x"]
    why = ["--purpose", "audit"]
    made = runner.invoke(export_commands, [*words, *why, "--folder", "a/b", "--site", shop.key])
    refused = [
        runner.invoke(export_commands, [*words, *why, "--folder", "../keys"]),
        runner.invoke(export_commands, [*words, *why, "--bucket", "bucket"]),
        runner.invoke(export_commands, [*words, *why]),
    ]
    [facts] = json.loads(runner.invoke(export_commands, ["schedule", "list", "--json"]).output)
    removed = runner.invoke(export_commands, ["schedule", "remove", str(facts["number"])])

    assert made.output == "schedule 1\n"
    assert (facts["site"], facts["every"], facts["place"]) == (shop.key, "month", "folder:a/b")
    assert [result.exit_code for result in refused] == [1, 1, 2]
    assert removed.exit_code == 0
    assert runner.invoke(export_commands, ["schedule", "list"]).output == ""


def jobs(shop: Shop) -> Any:
    with shop.app.app_context():
        return jobs_of(None)


def broken(block: bytes) -> Iterator[bytes]:
    yield from [block] * 18
    raise RuntimeError("killed")
