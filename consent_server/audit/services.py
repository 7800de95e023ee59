"""Verbs of the access log.

From where an operator came stands beside each act (Safety Standard art. 8: account, time, place,
whose data, what was done). Only requests to the console have such a place: a visitor's never does.
Each entry is signed with the key of the deployment's certificates and continues the one before
(chain), so that a change is found although whoever made it could write to the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from flask import current_app, has_request_context, request
from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, func, insert, select

from consent_server import clock
from consent_server.audit.chain import FIRST, Entry, canonical, digest_of
from consent_server.audit.models import AccessEntry
from consent_server.audit.rules import ACTS, GRANTS, Group, chain_of
from consent_server.signing import CertificateKey
from consent_server.storage.database import db, table_of
from consent_server.storage.turns import take_turn
from consent_server.web.client_address import client_address
from consent_server.web.sessions import CONSOLE

COMMAND_LINE = "command line"
SERVICE = "service"  # what a job does by itself
_OF_OPERATORS = (CONSOLE, "/v1/export/")  # no visitor asks for these
_REASON_CHARACTERS: Final = 500
_PAGE_ROWS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an operator does, as it will stand in the log.

    source: address of the operator; None: that of the present request to the console, if any.
    """

    operator: str
    act: str
    site_id: int | None = None
    record_count: int | None = None
    reason: str = ""
    reference: str = ""
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which entries are meant; None means any. `since` is included, `until` is not."""

    operator: str | None = None
    group: Group | None = None
    site_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None


def record_act(act: Act) -> None:
    """Writes one entry in a transaction of its own; it is on disk when this returns.

    Its own transaction: the entry must stay even when the act it tells of fails later. One entry
    is added at a time, since each continues the one before.
    """
    source = source_of_request() if act.source is None else act.source
    key: CertificateKey = current_app.extensions["consent_server"].certificate_key
    with db.engine.execution_options(writes=True).begin() as connection:
        take_turn(connection, _LOG)
        draft = Entry(
            at=clock.now(),
            operator=act.operator,
            act=act.act,
            site_id=act.site_id,
            record_count=act.record_count,
            reason=act.reason[:_REASON_CHARACTERS],
            reference=act.reference,
            source=source,
            previous=_newest_digest(connection, act.act),
            signed_with=key.public,
        )
        row = asdict(replace(draft, signature=key.sign(canonical(draft))))
        del row["number"]
        connection.execute(insert(_LOG), [row])


def _newest_digest(connection: Connection, act: str) -> str:
    """Returns what the next entry continues: the newest signed one of the same chain."""
    newest = (
        select(_LOG)
        .where(_of_chain(act), _LOG.c.signature != "")
        .order_by(_LOG.c.id.desc())
        .limit(1)
    )
    row = connection.execute(newest).mappings().first()
    return FIRST if row is None else digest_of(entry_of(row))


def _of_chain(act: str) -> ColumnElement[bool]:
    begins = func.substr(_LOG.c.act, 1, len(GRANTS))
    return begins == GRANTS if chain_of(act) == "grants" else begins != GRANTS


def source_of_request() -> str:
    """Returns where a request of an operator, or his machine, came from; "" for any other."""
    if not has_request_context() or not request.path.startswith(_OF_OPERATORS):
        return ""
    settings = current_app.extensions["consent_server"].settings
    return client_address(request.environ, settings.trusted_proxies)


def recent_acts(
    chosen: LogFilter | None = None, *, before_id: int | None = None, limit: int = 50
) -> Sequence[AccessEntry]:
    """Returns entries newest first; `before_id` is the last id of the page before."""
    query = select(AccessEntry).order_by(AccessEntry.id.desc()).limit(limit)
    query = query.where(*_conditions(chosen or LogFilter()))
    if before_id is not None:
        query = query.where(AccessEntry.id < before_id)
    return db.session.scalars(query).all()


def log_entries(chosen: LogFilter) -> Iterator[Entry]:
    """Yields the entries that are meant, for whoever has no engine at hand."""
    return each_entry(db.engine, chosen)


def each_entry(engine: Engine, chosen: LogFilter | None = None) -> Iterator[Entry]:
    """Yields entries by row number, page by page: no read stays open in between."""
    query = select(_LOG).where(*_conditions(chosen or LogFilter())).order_by(_LOG.c.id)
    last = 0
    while True:
        with engine.connect() as connection:
            page = query.where(_LOG.c.id > last).limit(_PAGE_ROWS)
            rows = list(connection.execute(page).mappings())
        for row in rows:
            yield entry_of(row)
        if len(rows) < _PAGE_ROWS:
            return
        last = rows[-1]["id"]


def oldest_act_at(engine: Engine) -> datetime | None:
    """Returns when the oldest entry was made that is no grant; None when there is none."""
    oldest = select(_LOG.c.at).where(_of_chain("")).order_by(_LOG.c.id).limit(1)
    with engine.connect() as connection:
        return connection.execute(oldest).scalar_one_or_none()


def operators_in_log() -> list[str]:
    """Returns every account and machine that has done something, by name."""
    query: Select[Any] = select(_LOG.c.operator).distinct().order_by(_LOG.c.operator)
    with db.engine.connect() as connection:
        return list(connection.scalars(query))


def sources_before(engine: Engine, instant: datetime) -> set[tuple[str, str]]:
    """Returns operator and address of all that was done over http before an instant."""
    query = select(_LOG.c.operator, _LOG.c.source).where(_LOG.c.at < instant, _LOG.c.source != "")
    with engine.connect() as connection:
        return {(row[0], row[1]) for row in connection.execute(query.distinct())}


def _conditions(chosen: LogFilter) -> list[ColumnElement[bool]]:
    conditions = [
        _LOG.c[name] == value
        for name in ("operator", "site_id", "source")
        if (value := getattr(chosen, name)) is not None
    ]
    if chosen.since is not None:
        conditions.append(_LOG.c.at >= chosen.since)
    if chosen.until is not None:
        conditions.append(_LOG.c.at < chosen.until)
    if chosen.group == "change":  # and whatever has no group of its own
        others = [act for group, acts in ACTS.items() if group != "change" for act in acts]
        conditions.append(_LOG.c.act.not_in(others))
    elif chosen.group is not None:
        conditions.append(_LOG.c.act.in_(ACTS[chosen.group]))
    return conditions


def entry_of(row: RowMapping) -> Entry:
    """Returns a row of the table as the entry that it is."""
    return Entry(number=row["id"], **{name: row[name] for name in row if name != "id"})


_LOG = table_of(AccessEntry)
