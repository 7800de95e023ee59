"""Verbs about consent records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import starmap
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Engine, Select, func, select

from consent_server import clock
from consent_server.consents.models import ConsentRecord
from consent_server.consents.receipts import receipt, rfc3339
from consent_server.consents.rules import check_decisions, digest, is_valid
from consent_server.consents.schemas import Submission
from consent_server.consents.withdrawals import Withdrawals
from consent_server.entropy import random_id
from consent_server.errors import NotFound, SubmissionConflict
from consent_server.policies.directory import PolicyDirectory
from consent_server.policies.material import Asked, Choice
from consent_server.signing import Signatures
from consent_server.sites.directory import SiteEntry
from consent_server.storage.database import db, table_of
from consent_server.storage.replica import reading_engine
from consent_server.storage.sqlite import by_row_number
from consent_server.storage.writing.writer import Writer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Hear = Callable[[int, Submission, "WSGIEnvironment"], None]

_TABLE = table_of(ConsentRecord)
_PAGE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class ConsentRecorder:
    """Records decisions: everything the verb needs, joined once when the application starts.

    hear: told the site, the decision and the request of each record that is new; never raises.
    """

    writer: Writer
    policies: PolicyDirectory
    signatures: Signatures
    choice_days: int
    withdrawals: Withdrawals
    hear: Hear | None = None

    def record(
        self, site: SiteEntry, submission: Submission, environ: WSGIEnvironment | None = None
    ) -> dict[str, Any]:
        """Records one decision and waits until it is on disk; returns the answer to the banner.

        The same submission again gets the same answer and no second row. Raises the Problem of
        the first rule it breaks (errors.py), or Unavailable; then nothing was stored, or what
        follows from a withdrawal is still to be done: the same submission again does it.

        environ: the request (PEP 3333), for `hear`; none of it is recorded.
        """
        version = self.policies.published(
            site.id, submission.policy_version, submission.language, submission.text_sha256
        )
        check_decisions(submission, version.purposes, version.services)
        wanted = self._row(site, submission)
        is_known = submission.visitor is not None
        if is_known:
            self.withdrawals.announce(site, submission, wanted["visitor_id"])
        stored = self.writer.write(_TABLE, "consent_id", wanted)
        _check_same(wanted, stored, is_known)
        is_new = stored["digest"] == wanted["digest"]
        if self.hear is not None and environ is not None and is_new:
            self.hear(site.id, submission, environ)
        answer = self.answer(site, stored)
        if is_known:
            told = self.withdrawals.carry_out(site, submission, wanted["visitor_id"])
            answer |= {"visits": told} if told else {}
        return answer

    def answer(self, site: SiteEntry, record: Mapping[str, Any]) -> dict[str, Any]:
        """Returns what the banner is told about a stored record."""
        return {
            "consent_id": str(record["consent_id"]),
            "recorded_at": rfc3339(record["recorded_at"]),
            "valid_until": rfc3339(record["valid_until"]),
            "token": self.signatures.visitor_token(
                site.key, record["visitor_id"], record["recorded_at"]
            ),
            "receipt": receipt(record, site.controller, site.contact, self.signatures),
        }

    def asked_again(self, site: SiteEntry, record: Mapping[str, Any]) -> Asked | None:
        """Returns of what in a visitor's newest record must be asked again; all else counts.

        None when nothing of it counts any more: it is too old.
        """
        if not is_valid(record, clock.now()):
            return None
        choice = Choice(record["action"], record["decisions"], record["services"])
        return self.policies.in_force(site.id).asked_again(record["policy_version"], choice)

    def current(self, site: SiteEntry, visitor_token: str) -> Mapping[str, Any]:
        """Returns the newest record of the visitor whom a token names.

        Raises TokenRefused, or NotFound when there is none.
        """
        visitor_id = self.signatures.visitor_id(site.key, visitor_token)
        query = (
            select(_TABLE)
            .where(_TABLE.c.site_id == site.id, _TABLE.c.visitor_id == visitor_id)
            .order_by(_TABLE.c.id.desc())
            .limit(1)
        )
        record = db.session.execute(query).mappings().one_or_none()
        if record is None:
            raise NotFound("Nothing is recorded for this visitor.")
        return dict(record)

    def _row(self, site: SiteEntry, submission: Submission) -> dict[str, Any]:
        visitor_id = (
            random_id()
            if submission.visitor is None
            else self.signatures.visitor_id(site.key, submission.visitor)
        )
        recorded_at = clock.now()
        row = {
            "consent_id": submission.submission_id,
            "site_id": site.id,
            "visitor_id": visitor_id,
            "action": submission.action,
            "policy_version": submission.policy_version,
            "language": submission.language,
            "text_sha256": submission.text_sha256,
            "decisions": dict(sorted(submission.decisions.items())),
            "services": dict(sorted(submission.services.items())),
            "layer": submission.layer,
            "trusted": submission.trusted,
            "gpc": submission.gpc,
            "recorded_at": recorded_at,
            "valid_until": recorded_at + timedelta(days=self.choice_days),
        }
        return {**row, "digest": digest(row)}


def _check_same(wanted: Mapping[str, Any], stored: Mapping[str, Any], has_visitor: bool) -> None:
    """Raises SubmissionConflict when the id was already used for another decision."""
    ignored = {"recorded_at", "valid_until", "digest"} | (set() if has_visitor else {"visitor_id"})
    if any(stored[name] != value for name, value in wanted.items() if name not in ignored):
        raise SubmissionConflict(
            "This submission_id belongs to another decision; use a new one.", field="submission_id"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentFilter:
    """Which records to read; None means any. `since` is included, `until` is not.

    last_id: the highest row number, as of some instant.
    """

    site_id: int | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    last_id: int | None = None
    policy_version: int | None = None
    language: str | None = None


class ConsentRow(msgspec.Struct, frozen=True):
    """A consent record as operators see it."""

    id: int
    consent_id: UUID
    site_id: int
    visitor_id: UUID
    action: str
    policy_version: int
    language: str
    text_sha256: str
    decisions: dict[str, bool]
    services: dict[str, bool]
    layer: str
    trusted: bool
    gpc: bool
    recorded_at: datetime
    valid_until: datetime
    digest: str


assert tuple(_TABLE.c.keys()) == ConsentRow.__struct_fields__  # each_consent counts on it


def list_consents(chosen: ConsentFilter, *, limit: int = 50) -> list[ConsentRow]:
    """Returns the newest records, newest first; for more than a glance see `search`."""
    query = filtered(chosen).order_by(_TABLE.c.id.desc()).limit(limit)
    with reading_engine().connect() as connection:
        return [ConsentRow(**row) for row in connection.execute(query).mappings()]


def find_consent(consent_id: UUID) -> ConsentRow:
    """Returns one record. Raises NotFound when there is none."""
    query = select(_TABLE).where(_TABLE.c.consent_id == consent_id)
    row = db.session.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no consent record with this id.")
    return ConsentRow(**row)


def each_consent(
    engine: Engine, chosen: ConsentFilter, *, after_id: int = 0, last_id: int | None = None
) -> Iterator[ConsentRow]:
    """Yields records oldest first in constant memory, one short read per page of rows.

    after_id, last_id: only the records behind the one and up to the other row number. Rows
    written after the call began may or may not be included; none comes twice.
    """
    query = filtered(chosen, engine).order_by(_TABLE.c.id).limit(_PAGE_ROWS)
    if last_id is not None:
        query = query.where(_TABLE.c.id <= last_id)
    while True:
        with engine.connect() as connection:
            rows = connection.execute(query.where(_TABLE.c.id > after_id)).all()
        yield from starmap(ConsentRow, rows)
        if len(rows) < _PAGE_ROWS:
            return
        after_id = rows[-1].id


def count_consents(engine: Engine, chosen: ConsentFilter, at_most: int | None = None) -> int:
    """Returns how many records there are; counts no further than `at_most`."""
    found = filtered(chosen).with_only_columns(_TABLE.c.id).limit(at_most).subquery()
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def filtered(chosen: ConsentFilter, exporting: Engine | None = None) -> Select[Any]:
    """Returns the query of the chosen records.

    exporting: the database, when they are read from the first to the last by row number.
    """
    query = select(_TABLE).where(*conditions(chosen))
    if chosen.site_id is not None:
        site_id = by_row_number(_TABLE.c.site_id, exporting) if exporting else _TABLE.c.site_id
        query = query.where(site_id == chosen.site_id)
    return query


def conditions(chosen: ConsentFilter) -> list[ColumnElement[bool]]:
    """Returns what records must be, besides of the site."""
    records = _TABLE.c
    found = [
        records[name] == value
        for name in ("action", "policy_version", "language")
        if (value := getattr(chosen, name)) is not None
    ]
    if chosen.since is not None:
        found.append(records.recorded_at >= chosen.since)
    if chosen.until is not None:
        found.append(records.recorded_at < chosen.until)
    if chosen.last_id is not None:
        found.append(records.id <= chosen.last_id)
    return found
