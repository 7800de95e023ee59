"""`/healthz`: the process answers. `/readyz`: it can also keep a record, and says why not."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consent_server.errors import Unavailable
from consent_server.storage.database import ARCHIVE, db
from consent_server.storage.migrate import is_current
from consent_server.web.guard import guarded_by


def blueprint() -> Blueprint:
    """Returns the routes for machines that watch the service."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    @guarded_by("public")
    def is_alive() -> Response:
        return _fine()

    @routes.get("/readyz")
    @guarded_by("public")
    def is_ready() -> Response:
        for history, engine in (("main", db.engine), ("archive", db.engines[ARCHIVE])):
            try:
                current = is_current(engine, history)
            except (OperationalError, DBAPIError, PoolTimeout) as error:
                raise Unavailable(f"The {history} database is away.") from error
            if not current:
                raise Unavailable(f"The {history} database is not migrated; run `db upgrade`.")
        return _fine()

    return routes


def _fine() -> Response:
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})
