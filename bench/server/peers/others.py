"""Starts the servers that ours is measured beside, each on a database of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from bench.deployment import ROOT, prepared
from bench.server.children import PYTHON, Server, clean_environ, serving
from bench.server.cluster import Cluster
from bench.server.loadgen import Shot
from bench.server.peers import naive
from bench.server.service import ORIGIN, Service

_C15T: Final = ROOT / "bench" / "server" / "peers" / "c15t.mjs"
_PACKAGES: Final = ROOT / "bench" / "server" / "node_modules"

HELLO_GET: Final = Shot("/", method="GET")
HELLO_POST: Final = Shot(
    "/", headers={"Content-Type": "application/json"}, before='{"id":"', after='"}', id="uuid"
)


@contextmanager
def hello(service: Service, workers: int) -> Iterator[Server]:
    """Serves the least that Flask can, with the service's own settings."""
    command = _served("bench.server.peers.hello:create_app", workers)
    with serving(command, service.environ, "/", service.home / "hello.log") as server:
        yield server


@contextmanager
def naive_service(cluster: Cluster, service: Service, workers: int) -> Iterator[Server]:
    """Serves the naive one, with the site and the notice of ours."""
    environ = service.environ | {"NAIVE_DATABASE_URL": cluster.new_database("naive")}
    os.environ["NAIVE_DATABASE_URL"] = environ["NAIVE_DATABASE_URL"]
    notice = service.notice
    naive.prepare(
        naive.Known(notice.site_key, ORIGIN, notice.version, notice.sha256, notice.purposes)
    )
    command = _served("bench.server.peers.naive:create_app", workers)
    with serving(command, environ, "/ready", service.home / "naive.log") as server:
        yield server


@contextmanager
def c15t(cluster: Cluster, folder: Path) -> Iterator[Server]:
    """Serves c15t's backend in one process of Node."""
    if not _PACKAGES.exists():
        raise SystemExit("bench: npm packages are missing (c15t): run `make ready-to-bench`")
    environ = clean_environ() | {
        "DATABASE_URL": cluster.new_database("c15t"),
        "NODE_ENV": "production",
        "DO_NOT_TRACK": "1",
    }
    node = prepared()["node"]
    subprocess.run([node, _C15T, "migrate"], env=environ, cwd=ROOT, check=True)
    command = [node, str(_C15T), "serve"]
    with serving(command, environ, "/api/c15t/status", folder / "c15t.log") as server:
        yield server


def c15t_shot(given_at_ms: int) -> Shot:
    """Returns the same choice in c15t's words, by a subject whom it does not know yet."""
    return Shot(
        path="/api/c15t/subjects",
        headers={"Content-Type": "application/json", "Origin": ORIGIN},
        before='{"type":"cookie_banner","subjectId":"sub_',
        after='","domain":"shop.example","preferences":{"necessary":true,"functionality":true,'
        f'"measurement":true,"marketing":true}},"givenAt":{given_at_ms}}}',
        id="base58",
    )


def rows(url: str, *tables: str) -> int:
    """Returns how many rows tables of a PostgreSQL database hold together."""
    with psycopg.connect(url) as connection:
        return sum(
            connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone()[0]  # type: ignore[index]  # a count has one row
            for table in tables
        )


def _served(application: str, workers: int) -> list[str]:
    module = "bench.server.peers.served"
    return [PYTHON, "-m", module, application, "--workers", str(workers)]
