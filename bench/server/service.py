"""Our service as an operator runs it: a home, two databases, one site, `consent-server serve`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.deployment import PROGRAM, ROOT
from bench.server.children import Server, clean_environ, serving
from bench.server.cluster import Cluster
from bench.server.loadgen import Shot
from bench.server.tables import cell

ORIGIN: Final = "https://shop.example"


@dataclass(frozen=True)
class Notice:
    """What a submission must name: the site and the version that was shown."""

    site_key: str
    version: int
    sha256: str
    purposes: tuple[str, ...]


class Service:
    """One deployment.

    cluster: PostgreSQL with its databases; without it SQLite under the home.
    settings: more variables of the environment.
    """

    def __init__(
        self, folder: Path, name: str, cluster: Cluster | None = None, **settings: str
    ) -> None:
        self.home = folder / name
        self.is_sqlite = cluster is None
        self.url = str(self.home / "consent.db") if cluster is None else ""
        self.environ = clean_environ() | {
            "CONSENT_HOME": str(self.home),
            "CONSENT_RATE_LIMITS": "off",
            **settings,
        }
        if cluster is not None:
            self.url = cluster.new_database(f"{name}_main")
            self.environ["CONSENT_DATABASE_URL"] = self.url
            self.environ["CONSENT_ARCHIVE_DATABASE_URL"] = cluster.new_database(f"{name}_archive")
        self.run("init")
        self.notice = self._add_site()

    def run(self, *words: str) -> str:
        """Runs a command of ours; returns what it prints."""
        return subprocess.run(
            [str(PROGRAM), *words], env=self.environ, cwd=ROOT, check=True, text=True,
            stdout=subprocess.PIPE,
        ).stdout  # fmt: skip

    @contextmanager
    def serving(self, workers: int, environ: Mapping[str, str] | None = None) -> Iterator[Server]:
        """Serves until the block ends."""
        command = [str(PROGRAM), "serve", "--workers", str(workers)]
        known = self.environ | dict(environ or {})
        with serving(command, known, "/readyz", self.home / "serve.log") as server:
            yield server

    def count(self, *tables: str) -> int:
        """Returns how many rows tables hold together."""
        return sum(cell(self.url, f"SELECT count(*) FROM {table}") for table in tables)

    def twin(self, url: str) -> Service:
        """Returns the same deployment over another database."""
        other = copy(self)
        other.url = url
        return other

    def consent_shot(self) -> Shot:
        """Returns a choice: everything allowed, by a visitor whom nobody knows yet."""
        notice = self.notice
        facts = {
            "visitor": None,
            "policy_version": notice.version,
            "language": "en",
            "text_sha256": notice.sha256,
            "action": "accept_all",
            "decisions": dict.fromkeys(notice.purposes, True),
            "services": {},
            "layer": "notice",
            "trusted": True,
            "gpc": False,
        }
        return _shot("/v1/consents", notice.site_key, "submission_id", facts)

    def visit_shot(self) -> Shot:
        """Returns a page view."""
        facts = {"path": "/products/42?from=news", "referrer": "https://search.example/find"}
        return _shot("/v1/visits", self.notice.site_key, "visit_id", facts)

    def consent_body(self) -> str:
        """Returns the body of a choice, with @ID@ for the id."""
        return _body(self.consent_shot())

    def visit_body(self) -> str:
        """Returns the body of a page view, with @ID@ for the id."""
        return _body(self.visit_shot())

    def _add_site(self) -> Notice:
        added = json.loads(self.run("sites", "add", "Shop", "--origin", ORIGIN, "--json"))
        key = added["site_key"]
        version = json.loads(self.run("policies", "show", key, "--json"))
        notice = json.loads(self.run("policies", "show", key))
        purposes = tuple(purpose["key"] for purpose in notice["purposes"])
        return Notice(key, version["version"], version["sha256"]["en"], purposes)


def _shot(path: str, site_key: str, id_name: str, facts: Mapping[str, Any]) -> Shot:
    """Returns what the banner sends: JSON as plain text, which browsers ask nobody about."""
    rest = json.dumps(facts, separators=(",", ":"))[1:]
    return Shot(
        path=path,
        headers={"Content-Type": "text/plain;charset=UTF-8", "Origin": ORIGIN},
        before=f'{{"site":"{site_key}","{id_name}":"',
        after=f'",{rest}',
        id="uuid",
    )


def _body(shot: Shot) -> str:
    return f"{shot.before}@ID@{shot.after}"
