"""The archive opens for who asked, on a legal basis, once a second operator agreed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import insert, select, text
from werkzeug.test import TestResponse

from consent_server import clock
from consent_server.disclosures.commands import commands
from consent_server.disclosures.models import ArchiveRequest, Disclosure
from consent_server.sites.services import NewSite, change_site, find_site
from consent_server.storage.database import ARCHIVE, db, table_of
from consent_server.storage.partitions.keeper import PARTITIONED, make_partition
from consent_server.visits.models import ArchivedVisit, Visit
from support.console import Console
from support.shop import Shop

RECORDED = datetime(2026, 1, 15, 0, 30, tzinfo=UTC)
LATER = datetime(2026, 2, 20, 3, tzinfo=UTC)
GONE = datetime(2026, 4, 15, 15, tzinfo=UTC)
ADDRESS, NEIGHBOUR, OTHER = "203.0.113.77", "203.0.113.78", "198.51.100.9"
WARRANT = {
    "basis": "communications_warrant",
    "authority": "Seoul Central District Prosecutors' Office",
    "permit_number": "2026-1234",
    "since": "2026-01-01",
    "until": "2026-01-31",
    "reason": "permit of 19 February",
}
TurnClock = Callable[[datetime], None]


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> TurnClock:
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


@pytest.fixture
def visited(shop: Shop, turn_clock: TurnClock) -> Shop:
    """Three visits of January, in February: two in the archive, one in daily use."""
    turn_clock(RECORDED)
    for address, path in ((ADDRESS, "/one"), (OTHER, "/two"), (ADDRESS, "/three")):
        shop.send_visit(shop.visit(path=path), environ_base={"REMOTE_ADDR": address})
    to_archive(shop, 2)
    turn_clock(LATER)
    return shop


def to_archive(shop: Shop, count: int) -> None:
    """Moves the oldest visits, as the mover does."""
    young, archived = table_of(Visit), table_of(ArchivedVisit)
    with shop.app.app_context():
        rows = db.session.execute(select(young).order_by(young.c.id).limit(count)).mappings().all()
        with db.engines[ARCHIVE].execution_options(writes=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                make_partition(connection, PARTITIONED["archive"], rows[0]["gone_at"])
            connection.execute(insert(archived), [dict(row) for row in rows])
        ids = [row["id"] for row in rows]
        db.session.rollback()
        shop.house.writer.run(
            lambda connection: connection.execute(young.delete().where(young.c.id.in_(ids)))
        )


def asked(console: Console, **changes: str) -> str:
    """Asks and returns the address of the request's page."""
    answer = ask(console, **changes)
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def ask(console: Console, **changes: str) -> TestResponse:
    token = console.token("/admin/archive/new")
    items = ["recorded_at", "site", "path", "referrer", "ip", "device", "visitor"]
    data = WARRANT | changes | {"items": items, "csrf_token": token}
    return console.client.post("/admin/archive/new", data=data)


def approved(handler: Console, owner: Console, **changes: str) -> str:
    page = asked(handler, **changes)
    assert owner.send(f"{page}/decide", form=page, approve="yes").status_code == 302
    return page


def paths(page: str) -> set[str]:
    return set(re.findall(r">(/one|/two|/three)<", page))


def test_what_was_approved_is_read_by_who_asked_archive_and_daily_use_together(
    visited: Shop, handler: Console, owner: Console
) -> None:
    page = approved(handler, owner)

    read = handler.send(f"{page}/read", form=page)

    assert read.status_code == 200
    assert paths(read.text) == {"/one", "/two", "/three"}
    assert read.text.count(">archive<") == 2
    assert read.text.count(">daily use<") == 1


def test_an_address_is_found_by_its_hash_and_kept_nowhere(
    visited: Shop, handler: Console, owner: Console
) -> None:
    page = approved(handler, owner)

    read = handler.send(f"{page}/read", form=page, address=f" {ADDRESS}:443 ")

    assert paths(read.text) == {"/one", "/three"}
    with visited.app.app_context():
        for table in ("archive_requests", "archive_decisions", "disclosures", "access_log"):
            stored = db.session.execute(text(f"SELECT * FROM {table}")).all()
            assert ADDRESS not in str(stored)


def test_a_visit_whose_network_alone_is_kept_is_found_and_marked(
    shop: Shop, turn_clock: TurnClock, handler: Console, owner: Console
) -> None:
    with shop.app.app_context():
        change_site(
            find_site(shop.key),
            NewSite(name="Shop", origins=["https://shop.example"], address_mode="truncated"),
        )
    turn_clock(RECORDED)
    shop.send_visit(shop.visit(path="/one"), environ_base={"REMOTE_ADDR": NEIGHBOUR})
    shop.send_visit(shop.visit(path="/two"), environ_base={"REMOTE_ADDR": OTHER})
    turn_clock(LATER)
    page = approved(handler, owner)

    read = handler.send(f"{page}/read", form=page, address=ADDRESS)

    assert paths(read.text) == {"/one"}
    assert "network only" in read.text


@pytest.mark.parametrize("mode", ["keyed_hash", "none"])
def test_other_modes_are_found_as_far_as_they_tell(
    shop: Shop, turn_clock: TurnClock, handler: Console, owner: Console, mode: str
) -> None:
    with shop.app.app_context():
        change_site(
            find_site(shop.key),
            NewSite(name="Shop", origins=["https://shop.example"], address_mode=mode),
        )
    turn_clock(RECORDED)
    shop.send_visit(shop.visit(path="/one"), environ_base={"REMOTE_ADDR": ADDRESS})
    shop.send_visit(shop.visit(path="/two"), environ_base={"REMOTE_ADDR": NEIGHBOUR})
    turn_clock(LATER)
    page = approved(handler, owner)

    read = handler.send(f"{page}/read", form=page, address=ADDRESS)

    assert paths(read.text) == ({"/one"} if mode == "keyed_hash" else set())


def test_nothing_is_read_before_a_second_operator_agreed(visited: Shop, handler: Console) -> None:
    page = asked(handler)

    refused = handler.client.post(
        f"{page}/read", data={"csrf_token": handler.token("/admin/archive/new")}
    )

    assert refused.status_code == 409
    assert paths(refused.text) == set()
    assert "archive.read" not in [act.act for act in handler.acts()]


def test_nobody_approves_what_he_asked_for(visited: Shop, owner: Console) -> None:
    page = asked(owner)

    answer = owner.send(f"{page}/decide", form="/admin/archive/new", approve="yes")

    assert answer.status_code == 409
    assert "waits for approval" in owner.get(page).text


def test_a_request_is_decided_once(visited: Shop, handler: Console, owner: Console) -> None:
    page = asked(handler)
    owner.send(f"{page}/decide", form=page, refuse="yes")

    again = owner.send(f"{page}/decide", form="/admin/archive/new", approve="yes")

    assert again.status_code == 409
    assert "refused" in handler.get(page).text


def test_an_approval_is_for_who_asked_alone(
    visited: Shop, handler: Console, owner: Console
) -> None:
    page = approved(handler, owner)

    assert owner.send(f"{page}/read", form="/admin/archive/new").status_code == 409


def test_after_a_day_the_approval_is_over(
    visited: Shop, handler: Console, owner: Console, turn_clock: TurnClock
) -> None:
    page = approved(handler, owner)
    turn_clock(LATER + timedelta(hours=24))
    handler.sign_in()  # sessions end after half an hour without a request

    read = handler.send(f"{page}/read", form="/admin/archive/new")

    assert read.status_code == 409
    assert "expired" in read.text


def test_from_the_last_instant_on_nothing_is_found_though_no_job_ran(
    visited: Shop, handler: Console, owner: Console, turn_clock: TurnClock
) -> None:
    turn_clock(GONE - timedelta(minutes=10))
    for console in (handler, owner):
        console.sign_in()
    page = approved(handler, owner)
    before = handler.send(f"{page}/read", form=page)
    turn_clock(GONE)

    after = handler.send(f"{page}/read", form=page)

    assert paths(before.text) == {"/one", "/two", "/three"}
    assert paths(after.text) == set()
    assert "15 days of this period are destroyed already" in after.text


def test_what_is_handed_over_is_in_the_ledger_with_the_hash_of_the_file(
    visited: Shop, handler: Console, owner: Console
) -> None:
    page = approved(handler, owner)

    file = handler.send(f"{page}/hand-over", form=page, address=ADDRESS)

    assert file.status_code == 200
    rows = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert {row["path"] for row in rows} == {"/one", "/three"}
    assert {row["ip"] for row in rows} == {ADDRESS}
    with visited.app.app_context():
        [entry] = db.session.scalars(select(Disclosure))
        assert entry.sha256 == hashlib.sha256(file.data).hexdigest()
        assert (entry.record_count, entry.is_by_address) == (2, True)
        assert (entry.officer, entry.approver) == (handler.email, owner.email)
        assert entry.permit_number == WARRANT["permit_number"]
    assert WARRANT["permit_number"] in owner.get("/admin/disclosures").text
    assert entry.reference in owner.get("/admin/disclosures.csv").text


def test_nothing_found_is_nothing_handed_over(
    visited: Shop, handler: Console, owner: Console
) -> None:
    page = approved(handler, owner)

    answer = handler.send(f"{page}/hand-over", form=page, address="192.0.2.1")

    assert answer.status_code == 409
    with visited.app.app_context():
        assert not list(db.session.scalars(select(Disclosure)))


def test_a_visitors_own_request_hands_nothing_to_an_authority(
    visited: Shop, handler: Console, owner: Console
) -> None:
    page = approved(handler, owner, basis="subject_access", permit_number="", authority="")

    answer = handler.send(f"{page}/hand-over", form=page)

    assert answer.status_code == 409
    assert "Hand over" not in handler.get(page).text


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"permit_number": " "}, id="no permit"),
        pytest.param({"authority": ""}, id="no authority"),
        pytest.param({"basis": "curiosity"}, id="no legal basis"),
        pytest.param({"reason": ""}, id="no reason"),
        pytest.param({"since": ""}, id="no first day"),
        pytest.param({"until": ""}, id="no last day"),
        pytest.param({"since": "2020-01-01"}, id="a period of years"),
        pytest.param({"reason": "x" * 301}, id="too many words"),
    ],
)
def test_what_the_law_asks_for_cannot_be_left_out(
    visited: Shop, handler: Console, changes: dict[str, str]
) -> None:
    answer = ask(handler, **changes)

    assert answer.status_code == 400
    assert 'class="error"' in answer.text
    with visited.app.app_context():
        assert not list(db.session.scalars(select(ArchiveRequest)))


def test_every_step_stands_in_the_access_log(
    visited: Shop, handler: Console, owner: Console
) -> None:
    page = approved(handler, owner)
    handler.send(f"{page}/read", form=page, address=ADDRESS)
    handler.send(f"{page}/hand-over", form=page, address=ADDRESS)

    acts = [act for act in handler.acts() if act.act.startswith("archive.")]

    assert [(act.act, act.operator, act.record_count) for act in acts] == [
        ("archive.ask", handler.email, None),
        ("archive.approve", owner.email, None),
        ("archive.read", handler.email, 2),
        ("archive.hand-over", handler.email, 2),
    ]
    assert {act.reference for act in acts} == {page.rsplit("/", 1)[1]}


@pytest.mark.parametrize("verb", ["UPDATE {} SET reason = ''", "DELETE FROM {}"])
def test_the_database_refuses_to_change_requests(
    visited: Shop, handler: Console, verb: str
) -> None:
    asked(handler)

    with (
        visited.app.app_context(),
        pytest.raises(Exception, match="append-only"),
        db.engine.execution_options(writes=True).begin() as connection,
    ):
        connection.execute(text(verb.format("archive_requests")))


def test_the_command_line_asks_and_reads_what_the_console_approved(
    visited: Shop, owner: Console, runner: FlaskCliRunner
) -> None:
    asking = ["request", "--basis", "subject_access", "--since", "2026-01-01"]
    asking += ["--until", "2026-02-01", "--reason", "ticket 12", "--json"]
    reference = json.loads(runner.invoke(commands, asking).output)["reference"]
    page = f"/admin/archive/{reference}"
    owner.send(f"{page}/decide", form=page, approve="yes")

    result = runner.invoke(commands, ["read", reference, "--address", ADDRESS])

    assert result.exit_code == 0, result.output
    found = [json.loads(line) for line in result.output.splitlines()]
    assert {record["path"] for record in found} == {"/one", "/three"}


def test_the_ledger_says_nothing_while_nothing_was_handed_over(
    owner: Console, runner: FlaskCliRunner
) -> None:
    assert "Nothing has been handed over yet." in owner.get("/admin/disclosures").text
    assert json.loads(runner.invoke(commands, ["list", "--json"]).output) == []


def test_another_site_than_the_approved_one_stays_closed(
    visited: Shop, handler: Console, owner: Console
) -> None:
    page = approved(handler, owner, site=new_site(visited))

    read = handler.send(f"{page}/read", form=page)

    assert paths(read.text) == set()


def new_site(shop: Shop) -> str:
    from consent_server.policies.services import open_site

    with shop.app.app_context():
        return open_site(NewSite(name="Other", origins=["https://other.example"])).key
