"""Writes on PostgreSQL, durable: ours beside c15t, a naive service, a Flask hello, a bare loop.

All servers run at once and are asked in turn; who is not asked only waits. Ours, the naive one and
the hello have the same server settings and two workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.server.children import told
from bench.server.cluster import Cluster
from bench.server.contenders import Contender, measure_all, over_http
from bench.server.effort import Effort
from bench.server.loadgen import Outcome, Shot
from bench.server.peers import others
from bench.server.peers.others import HELLO_POST
from bench.server.service import Service
from bench.server.tables import index_count

WORKERS: Final = 2
_CONNECTIONS: Final = (64, 8)
_NOT_ASKED: Final = (("naive-visits", 8), ("naive-mix", 8))  # nothing is held against them
METHOD: Final = (
    "One PostgreSQL server on a disk, fsync and synchronous_commit on, a database for each; wrk"
    " with one thread and kept-alive connections, 593 user agents, a new id in every request, a"
    " warm-up before each run. A run with any refused request is void; after each run the"
    " acknowledged rows are counted in the database. wrk corrects p99 for coordinated omission."
)
WORK: Final = {
    "consents": "schema, origin, notice and its hash, decisions, digest, token, signed receipt; "
    "answers from caches; group commit; {ours_consents} indexes, append-only triggers",
    "visits": "schema, origin, device (cached by header), retention end, AES-256-GCM under the "
    "day's key; group commit; {ours_visits} indexes",
    "mix": "both in turn",
    "naive-consents": "the same schema, decisions and digest (our functions), token, signed "
    "receipt; site and notice by SELECT, ORM add and commit: 5 round trips; "
    "{naive_consents} indexes",
    "naive-visits": "the same schema, device (cached), retention end, AES-256-GCM; site by SELECT; "
    "ORM add and commit: 4 round trips; {naive_visits} indexes",
    "naive-mix": "both in turn",
    "c15t": "schema, subject, domain, policy and each purpose found or made, duplicate looked for: "
    "13 statements; user agent and address stored as they come, no digest, no token, no receipt, "
    "no encryption; one process of Node; {c15t_subject} + {c15t_consent} indexes",
    "hello": "reads the body, says hello; no database",
    "bare-consents": "psycopg, one connection, the row ready-made: 1 round trip, a commit each",
}


@dataclass(frozen=True)
class _Asked:
    """One thing to ask of one server, whatever the number of connections."""

    name: str
    url: str
    shots: tuple[Shot, ...]
    count: Callable[[], int] | None = None


def measure(folder: Path, effort: Effort) -> dict[str, Any]:
    """Returns the section as it is stored."""
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster(folder).running())
        service = Service(folder, "ours", cluster, CONSENT_RETENTION_INTERVAL_SECONDS="3600")
        asked = [
            *_ours(stack, service),
            *_naive(stack, cluster, service),
            _c15t(stack, cluster, folder),
            _Asked("hello", stack.enter_context(others.hello(service, WORKERS)).url, (HELLO_POST,)),
        ]
        contenders = [
            over_http(one.name, one.url, one.shots, connections, one.count, cluster.settle)
            for connections in _CONNECTIONS
            for one in asked
            if (one.name, connections) not in _NOT_ASKED
        ]
        found = measure_all([*contenders, bare_loop(service, "consent_records")], effort)
        facts = {"method": METHOD, "postgresql": cluster.facts(), "work": work(cluster, service)}
        return {**facts, "measures": found}


def work(cluster: Cluster, service: Service) -> dict[str, str]:
    """Returns what each contender does, with the indexes that there really are."""
    counts = {
        "ours_consents": index_count(service.url, "consent_records"),
        "ours_visits": index_count(service.url, "visits"),
        "naive_consents": index_count(cluster.url("naive"), "consents"),
        "naive_visits": index_count(cluster.url("naive"), "visits"),
        "c15t_subject": index_count(cluster.url("c15t"), "subject"),
        "c15t_consent": index_count(cluster.url("c15t"), "consent"),
    }
    return {name: words.format(**counts) for name, words in WORK.items()}


def bare_loop(service: Service, table: str) -> Contender:
    """Returns the loop that commits single rows in the service's own database."""
    engine = "sqlite" if service.is_sqlite else "postgresql"

    def ask(seconds: float) -> Outcome:
        words = (engine, service.url, table, "--seconds", str(seconds))
        return Outcome(**told("peers.bare", *words, environ=service.environ))

    name = {"consent_records": "bare-consents", "visits": "bare-visits"}[table]
    return Contender(name, 1, ask, count=partial(service.count, table))


def _ours(stack: ExitStack, service: Service) -> list[_Asked]:
    url = stack.enter_context(service.serving(WORKERS)).url
    return ask_ours(service, url)


def ask_ours(service: Service, url: str) -> list[_Asked]:
    """Returns what ours is asked: choices, page views, both in turn."""
    consent, visit = service.consent_shot(), service.visit_shot()
    consents, visits = "consent_records", "visits"
    return [
        _Asked("consents", url, (consent,), partial(service.count, consents)),
        _Asked("visits", url, (visit,), partial(service.count, visits)),
        _Asked("mix", url, (consent, visit), partial(service.count, consents, visits)),
    ]


def _naive(stack: ExitStack, cluster: Cluster, service: Service) -> list[_Asked]:
    url = stack.enter_context(others.naive_service(cluster, service, WORKERS)).url
    consent = replace(service.consent_shot(), path="/consents")
    visit = replace(service.visit_shot(), path="/visits")
    count = partial(others.rows, cluster.url("naive"))
    return [
        _Asked("naive-consents", url, (consent,), partial(count, "consents")),
        _Asked("naive-visits", url, (visit,), partial(count, "visits")),
        _Asked("naive-mix", url, (consent, visit), partial(count, "consents", "visits")),
    ]


def _c15t(stack: ExitStack, cluster: Cluster, folder: Path) -> _Asked:
    url = stack.enter_context(others.c15t(cluster, folder)).url
    shot = others.c15t_shot(round(time.time() * 1000))
    return _Asked("c15t", url, (shot,), partial(others.rows, cluster.url("c15t"), "consent"))
