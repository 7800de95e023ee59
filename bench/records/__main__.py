"""Fills, measures, prints, and stores what the options ask for."""

from __future__ import annotations

import argparse
import json
import time
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient

from bench.blocks import renew_block
from bench.console import signed_in
from bench.deployment import ROOT
from bench.records import report
from bench.records.filling import CONSENT_DAYS, VISIT_DAYS, Filler
from bench.records.pages import Lists, times_of
from bench.records.writes import rates_of
from bench.server.circumstances import circumstances
from bench.server.cluster import Cluster
from bench.server.places import folder_on_disk
from consent_server import clock
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.demo.services import demo_notice
from consent_server.house import house_of
from consent_server.operators.services import add_operator
from consent_server.policies.services import open_site
from consent_server.sites.services import NewSite
from consent_server.storage.database import db
from consent_server.storage.migrate import upgrade

_RESULT: Final = ROOT / "bench" / "results" / "records.json"
_METHOD: Final = (
    "{rows:,} consent records of {consent_days} days and {rows:,} visit records of {visit_days}"
    " days, made inside the database; three sites with 70, 30 and 0.1 % of them. Lists as a"
    " signed-in owner gets them, without a network: session, queries, decryption, access log and"
    " template; medians of 15 rounds, on the wall and of processor time in our process. Page"
    " 1,000 is where 999 links lead. A search that finds little stops after 15 ms or"
    " 40,000 records and says so; its link goes on."
)
_SPARSE: Final = "action=import&version=1&language=en"
_CONSENTS: Final = {
    "all": "",
    "the largest site": "site={a}",
    "the smallest site": "site={c}",
    "a month of before": "since={old}&until={later}",
    "accepted": "action=accept_all",
    "withdrawn (1 %)": "action=withdraw",
    "imported (0.01 %)": "action=import",
    "the first version": "version=1",
    "English (10 %)": "language=en",
    "imported, English, first version, largest site": "site={a}&" + _SPARSE,
    "the same on the smallest site: none": "site={c}&" + _SPARSE,
    "by the id's first 8 characters": "id={id}",
}
_CONSENTS_WHERE: Final = {
    "all": "id > 0",
    "the largest site": "site_id = {site_a}",
    "the smallest site": "site_id = {site_c}",
    "a month of before": "recorded_at >= '{old_at}' AND recorded_at < '{later_at}'",
    "accepted": "action = 'accept_all'",
    "withdrawn (1 %)": "action = 'withdraw'",
    "imported (0.01 %)": "action = 'import'",
    "the first version": "policy_version = 1",
    "English (10 %)": "language = 'en'",
    "imported, English, first version, largest site": "id < 0",
    "the same on the smallest site: none": "id < 0",
    "by the id's first 8 characters": "id < 0",
}
_VISITS: Final = {
    "all": "",
    "the largest site": "site={a}",
    "the smallest site": "site={c}",
    "a day of before": "since={day}&until={day}",
    "mobile": "device_class=mobile",
    "robots (0.1 %)": "device_class=bot",
    "the United States (8 %)": "country=US",
    "France (0.01 %)": "country=FR",
    "robots from France on the smallest site: none": "site={c}&device_class=bot&country=FR",
    "the same on a day of before": "site={c}&device_class=bot&country=FR&since={day}&until={day}",
}
_VISITS_WHERE: Final = {
    "all": "id > 0",
    "the largest site": "site_id = {site_a}",
    "the smallest site": "site_id = {site_c}",
    "a day of before": "day = '{day}'",
    "mobile": "device_class = 'mobile'",
    "robots (0.1 %)": "id < 0",
    "the United States (8 %)": "country = 'US'",
    "France (0.01 %)": "id < 0",
    "robots from France on the smallest site: none": "id < 0",
    "the same on a day of before": "id < 0",
}
_COPIES: Final = {
    "consent_records": (
        "INSERT INTO consent_records (consent_id, site_id, visitor_id, action, policy_version,"
        " language, text_sha256, decisions, services, layer, trusted, gpc, recorded_at,"
        " valid_until, digest) SELECT {random}, site_id, {random}, action, policy_version,"
        " language,"
        " text_sha256, decisions, services, layer, trusted, gpc, recorded_at, valid_until, digest"
        " FROM bench_sample"
    ),
    "visits": (
        "INSERT INTO visits (visit_id, site_id, recorded_at, day, gone_at, device_class, country,"
        " payload) SELECT {random}, site_id, recorded_at, day, gone_at, device_class, country,"
        " payload FROM bench_sample"
    ),
}


def main() -> None:
    """Reads the options."""
    parser = argparse.ArgumentParser(prog="python -m bench.records")
    parser.add_argument("--rows", type=int, default=10_000_000, help="of each kind")
    parser.add_argument("--engine", choices=["postgresql", "sqlite"], help="one alone")
    parser.add_argument("--no-walk", action="store_true", help="look up where 999 links lead")
    parser.add_argument("--write", action="store_true", help="store it, renew the docs")
    options = parser.parse_args()
    with folder_on_disk() as folder:
        known = circumstances_of(folder)
        engines = {
            engine: {"commit": known["commit"], "measured_on": known["measured_on"]}
            | measure(folder, engine, options.rows, walks=not options.no_walk)
            for engine in ("postgresql", "sqlite")
            if options.engine in (None, engine)
        }
    method = _METHOD.format(rows=options.rows, consent_days=CONSENT_DAYS, visit_days=VISIT_DAYS)
    result = {**known, "method": method, "rows": options.rows, "engines": engines}
    print(report.document(result))
    if options.write:
        store(result)


def circumstances_of(folder: Path) -> dict[str, Any]:
    """Returns the machine and the versions; the version of PostgreSQL comes with its run."""
    known = circumstances(folder)
    return {**known, "sqlite": known["versions"]["sqlite"], "postgresql": "15"}


def store(result: dict[str, Any]) -> None:
    """Stores a result, beside the engine that was not measured now, and renews the docs."""
    if _RESULT.exists():
        engines = json.loads(_RESULT.read_text())["engines"]
        known = engines | result["engines"]
        result["engines"] = {name: known[name] for name in report.ENGINES if name in known}
    _RESULT.write_text(json.dumps(result, indent=1) + "\n")
    renew_block(ROOT / "docs" / "benchmarks.md", "records", report.document(result))


def measure(folder: Path, engine: str, rows: int, *, walks: bool) -> dict[str, Any]:
    """Returns what one engine takes."""
    home = folder / engine
    home.mkdir()
    server = Cluster(folder).running() if engine == "postgresql" else nullcontext()
    with server as cluster:
        urls = {}
        if cluster is not None:
            urls = {
                "CONSENT_DATABASE_URL": _url(cluster, "main"),
                "CONSENT_ARCHIVE_DATABASE_URL": _url(cluster, "archive"),
            }
        settings = Settings.from_environ(
            {
                "CONSENT_HOME": str(home),
                "CONSENT_RATE_LIMITS": "off",
                "CONSENT_SECOND_FACTOR": "off",
                "CONSENT_SCHEDULER": "off",  # it would move the visits into the archive
                "CONSENT_OPERATING_DAYS": "60",
                "CONSENT_DATABASE_TIMEOUT_SECONDS": "900",  # what filling takes, not a page
                **urls,
            }
        )
        upgrade(settings)
        app = create_app(settings)
        try:
            return _measured(app, rows, walks=walks)
        finally:
            house_of(app).writer.close()
            house_of(app).limiter.close()
            with app.app_context():
                for bound in db.engines.values():
                    bound.dispose()


def _url(cluster: Cluster, name: str) -> str:
    return cluster.new_database(name).replace("postgresql://", "postgresql+psycopg://")


def _measured(app: Flask, rows: int, *, walks: bool) -> dict[str, Any]:
    house = house_of(app)
    with app.app_context():
        sites = [
            open_site(
                NewSite(name=f"Shop {name}", origins=[f"https://{name}.example"]), demo_notice()
            )
            for name in "abc"
        ]
        a, b, c = (site.id for site in sites)
        keys = {name: site.key for name, site in zip("abc", sites, strict=True)}
        add_operator("owner@bench.example", "a long pass phrase of the bench", "owner")
        filler = Filler(house, db.engine, (a, b, c))
        seconds = {}
        for kind, fill in (("consents", filler.fill_consents), ("visits", filler.fill_visits)):
            began = time.perf_counter()
            fill(rows)
            seconds[kind] = round(time.perf_counter() - began, 1)
            print(f"  {rows:,} {kind} in {seconds[kind]} s", flush=True)
        named = keys | {"site_a": a, "site_c": c} | _named(house.settings)
        engine = db.engine
    # outside: requests inside of one application context would share what belongs to each
    client = signed_in(app)
    consents = _lists("/admin/consents", "consent_records", _CONSENTS, _CONSENTS_WHERE, named)
    visits = _lists("/admin/visits", "visits", _VISITS, _VISITS_WHERE, named)
    found: dict[str, Any] = {"filling_seconds": seconds}
    found["consents"] = times_of(client, engine, consents, walks=walks)
    _give_reason(client)
    found["visits"] = times_of(client, engine, visits, walks=walks)
    is_sqlite = engine.dialect.name == "sqlite"
    random = "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()"
    found["rates"] = {
        table: rates_of(engine, table, copy.format(random=random))
        for table, copy in _COPIES.items()
    }
    return found


def _named(settings: Settings) -> dict[str, Any]:
    """Returns days of before and an id, as addresses and as SQL say them."""
    period = settings.visit_period
    today = period.day_of(clock.now())
    old, later = today - timedelta(days=250), today - timedelta(days=220)
    with db.engine.connect() as connection:
        query = "SELECT consent_id FROM consent_records WHERE id = 12345"
        found = connection.exec_driver_sql(query).scalar_one()
    return {
        "old": old.isoformat(),
        "later": later.isoformat(),
        "old_at": f"{old - timedelta(days=1)} 15:00:00.000000",
        "later_at": f"{later} 15:00:00.000000",
        "day": (today - timedelta(days=20)).isoformat(),
        "id": str(found)[:8],
    }


def _lists(
    path: str, table: str, searches: dict[str, str], where: dict[str, str], named: dict[str, Any]
) -> Lists:
    return Lists(
        path,
        table,
        {name: query.format(**named) for name, query in searches.items()},
        {name: query.format(**named) for name, query in where.items()},
    )


def _give_reason(client: FlaskClient) -> None:
    form = client.get("/admin/visits").text
    token = form.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    filled = {"reason": "bench", "csrf_token": token}
    assert client.post("/admin/visits", data=filled).status_code == 302


if __name__ == "__main__":
    main()
