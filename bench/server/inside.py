"""Measurements inside the application, in a process of their own on the databases of `CONSENT_*`.

    python -m bench.server.inside statements --path /embed/KEY.js --requests 300
    python -m bench.server.inside fill --rows 200000 --consent '{"site": ...}' --visit '{...}'
    python -m bench.server.inside orm-export --rows 100000 -o FILE
    python -m bench.server.inside destroy --rows 1000000 --consent '{"site": ...}' --visit '{...}'

Each prints one line of JSON. Only what stays when the insides change is used: the WSGI application,
the verbs of retention, the tables, the key ring.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
import uuid
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from bench.server.children import status_kib
from bench.server.destroying import Destroying, post
from consent_server.app import create_app
from consent_server.consents.models import ConsentRecord
from consent_server.house import house_of
from consent_server.storage.database import db, table_of
from consent_server.visits.models import Visit
from consent_server.visits.recorder import RECORD_CLASS

_BATCH_ROWS: Final = 5000
_YIELD_ROWS: Final = 1000


def main() -> None:
    """Reads the words and prints the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.server.inside")
    parser.add_argument("what", choices=list(_VERBS))
    parser.add_argument("--path", default="")
    parser.add_argument("--consent", default="", help="body of a choice, @ID@ for its id")
    parser.add_argument("--visit", default="", help="body of a page view")
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    app = create_app()
    print(json.dumps(_VERBS[options.what](app, options)))
    house_of(app).writer.close()


def statements(app: Flask, options: argparse.Namespace) -> dict[str, Any]:
    """Counts the SQL of warm requests; the first one, which fills the caches, is not counted."""
    client = app.test_client()
    warm = client.get(options.path)
    seen: list[str] = []
    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "before_cursor_execute", lambda *words: seen.append(words[2]))
    answers = {client.get(options.path).status_code for _ in range(options.requests)}
    assert answers == {warm.status_code} == {200}
    return {"embed_statements": len(seen)}


def fill(app: Flask, options: argparse.Namespace) -> dict[str, Any]:
    """Makes one consent record, and visits that can be decrypted, each bound to its own id."""
    post(app, "/v1/consents", options.consent)
    post(app, "/v1/visits", options.visit)
    ring, table = house_of(app).ring, table_of(Visit)
    with app.app_context(), db.engine.connect() as connection:
        row = dict(connection.execute(select(table).limit(1)).mappings().one())
    plain = ring.decrypt(RECORD_CLASS, row["day"], row["visit_id"], row["payload"])
    del row["id"]
    left = options.rows - 1
    while left > 0:
        ids = [uuid.uuid4() for _ in range(min(left, _BATCH_ROWS))]
        left -= len(ids)
        rows = [
            row | {"visit_id": one, "payload": ring.encrypt(RECORD_CLASS, row["day"], one, plain)}
            for one in ids
        ]
        with app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(table), rows)
    return {"rows": options.rows}


def orm_export(app: Flask, options: argparse.Namespace) -> dict[str, Any]:
    """Exports consent records as one writes it first: objects, page by page, through csv."""
    started = time.perf_counter()
    names = [column.name for column in table_of(ConsentRecord).columns]
    with app.app_context(), Session(db.engine) as session, options.output.open("w") as file:
        query = select(ConsentRecord).order_by(ConsentRecord.id).limit(options.rows)
        writer = csv.writer(file)
        writer.writerow(names)
        for record in session.scalars(query.execution_options(yield_per=_YIELD_ROWS)):
            writer.writerow([getattr(record, name) for name in names])
    seconds = time.perf_counter() - started
    peak_kib = status_kib(Path("/proc/self/status"), "VmHWM")
    return {"seconds": seconds, "peak_mib": round(peak_kib / 1024, 1)}


def destroy(app: Flask, options: argparse.Namespace) -> dict[str, Any]:
    """Destroys visits while choices come in; see destroying.py."""
    with app.app_context():
        return Destroying(app, options.rows, options.consent, options.visit).measure()


_VERBS: Final = {
    "statements": statements,
    "fill": fill,
    "orm-export": orm_export,
    "destroy": destroy,
}

if __name__ == "__main__":
    main()
