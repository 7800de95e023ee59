"""How long the pages of the console take on the server, with a million consent records on SQLite.

Consent records of a year lie on two sites, with counts of 40,000 visits a day, 20,000 entries of
the access log and 274 certificates. Every page (bench/console_pages.py) is opened once and then
nine times by a signed-in owner through the whole application (session, queries, template), without
a network in between. Judged is the median of the time that the processor worked for the answer;
on the wall it takes as long where the machine has nothing else to do.

    python -m bench.console --records 100000     a quick look
    python -m bench.console --write              a million, and stores the result
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from bench.blocks import renew_block
from bench.console_pages import PAGES, SEEN_BY_STRANGERS
from bench.console_report import LIMIT_MS, section
from bench.console_things import things_of, token_of, write_consents, write_year
from bench.deployment import ROOT
from bench.server.circumstances import processor
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.demo.services import demo_notice
from consent_server.house import house_of
from consent_server.operators.services import add_operator
from consent_server.policies.services import open_site
from consent_server.sites.services import NewSite
from consent_server.storage.database import db
from consent_server.storage.migrate import upgrade

_RESULT = ROOT / "bench" / "results" / "console.json"
_DOCS = ROOT / "docs" / "benchmarks.md"
_ROUNDS = 9
_EMAIL, _PASSWORD = "owner@bench.example", "a long pass phrase of the bench"


def measure(records: int) -> dict[str, Any]:
    """Returns milliseconds by page, and how long counting took."""
    load_before = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.from_environ({"CONSENT_HOME": home, "CONSENT_RATE_LIMITS": "off"})
        upgrade(settings)
        app = create_app(settings)
        site, counted, seconds = _filled(app, records)
        client = signed_in(app)
        things = things_of(client, site) | {"middle": str(records // 2)}
        pages = times_of(app, client, things)
        house_of(app).writer.close()
        house_of(app).limiter.close()
    return {
        "method": " ".join((__doc__ or "").split("\n\n")[1].split()),
        "measured_on": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "processor": processor(Path("/proc/cpuinfo").read_text()),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_before": load_before,
        "rounds": _ROUNDS,
        "limit_ms": LIMIT_MS,
        "records": records,
        "counted": counted,
        "counting_seconds": round(seconds, 1),
        "pages": pages,
    }


def _filled(app: Flask, records: int) -> tuple[str, int, float]:
    """Fills the deployment; returns a site's key, and how many records were counted how fast."""
    with app.app_context():
        sites = [
            open_site(NewSite(name=f"Shop {n}", origins=[f"https://{n}.example"]), demo_notice())
            for n in range(2)
        ]
        ids = [site.id for site in sites]
        add_operator(_EMAIL, _PASSWORD, "owner")
        write_consents(Path(str(db.engine.url.database)), ids, records)
        write_year(app, ids)
        began = time.perf_counter()
        counted = house_of(app).upkeep.decisions.run()
        return sites[0].key, counted, time.perf_counter() - began


def times_of(
    app: Flask, client: FlaskClient, things: dict[str, str]
) -> dict[str, dict[str, float]]:
    """Returns how long each page takes."""
    return {
        page: _milliseconds(
            app.test_client() if endpoint in SEEN_BY_STRANGERS else client, page.format(**things)
        )
        for endpoint, pages in PAGES.items()
        for page in pages
    }


def signed_in(app: Flask) -> FlaskClient:
    """Returns a browser of the owner."""
    client = app.test_client()
    token = token_of(client.get("/admin/sign-in").text)
    filled = {"email": _EMAIL, "password": _PASSWORD, "csrf_token": token}
    assert client.post("/admin/sign-in", data=filled).status_code == 302
    return client


def _milliseconds(client: FlaskClient, path: str) -> dict[str, float]:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.location)
    walls, works = [], []
    for _ in range(_ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        client.get(path)
        walls.append((time.perf_counter() - began) * 1000)
        works.append((time.process_time() - worked) * 1000)
    return {
        "median": round(median(walls), 1),
        "most": round(max(walls), 1),
        "processor": round(median(works), 1),
    }


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="How long the pages of the console take.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true", help="store the result")
    options = parser.parse_args()
    found = measure(options.records)
    print(f"{found['counted']:,} records counted in {found['counting_seconds']:.1f} s")
    for page, took in found["pages"].items():
        slow = "  TOO SLOW" if took["processor"] > LIMIT_MS else ""
        print(f"{took['median']:8.1f} ms, at work {took['processor']:6.1f} ms  {page}{slow}")
    if options.write:
        _RESULT.write_text(json.dumps(found, indent=2) + "\n")
        renew_block(_DOCS, "console", section(found))


if __name__ == "__main__":
    main()
