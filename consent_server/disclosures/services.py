"""Reading what a second operator approved, and handing it over: each is in the books first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import select

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.disclosures.models import Disclosure
from consent_server.disclosures.requests import Request, approved, new_reference
from consent_server.disclosures.rules import BASES
from consent_server.disclosures.search import Found, Scope, VisitSearch
from consent_server.errors import CommandError
from consent_server.storage.database import begin_write, db
from consent_server.web.client_address import normal_address

SHOWN_ROWS: Final = 200
HANDED_OVER_ROWS: Final = 100_000  # about 20 MB; whole before it leaves: the ledger has its hash


Row = Sequence[Any]
WriteFile = Callable[[Sequence[str], Iterable[Row]], bytes]


@dataclass(frozen=True, slots=True)
class Shown:
    """What was found, at most SHOWN_ROWS. destroyed_days: of these nothing is left."""

    found: list[Found]
    has_more: bool
    destroyed_days: int


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A file for an authority, which stands in the ledger under `reference`."""

    reference: str
    content: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class ArchiveReader:
    """The only way for people into the archive."""

    search: VisitSearch

    def read(self, reference: str, operator: str, address: str = "") -> Shown:
        """Returns the first records that fit, after writing into the access log that they are read.

        address: of the visits; "" means any. Raises CommandError when it is none, or when this
        operator may not read by this request now.
        """
        request = approved(reference, operator)
        scope = _scope(request, address)
        found = list(islice(self.search.each(scope), SHOWN_ROWS + 1))
        shown = Shown(
            found[:SHOWN_ROWS], len(found) > SHOWN_ROWS, self.search.destroyed_days(scope)
        )
        _log(request, "archive.read", len(shown.found))
        return shown

    def hand_over(
        self,
        reference: str,
        operator: str,
        write: WriteFile,
        site_keys: dict[int, str],
        address: str = "",
    ) -> HandedOver:
        """Returns the file for the authority; it is in the ledger, on disk, when this returns.

        Raises CommandError when the basis hands nothing over, when nothing or too much fits, or as
        `read` does.
        """
        request = approved(reference, operator)
        if not BASES[request.row.basis].hands_over:
            raise CommandError("This legal basis hands nothing to an authority.")
        scope = _scope(request, address)
        found = list(islice(self.search.each(scope), HANDED_OVER_ROWS + 1))
        if not found:
            raise CommandError("No record fits, so there is nothing to hand over.")
        if len(found) > HANDED_OVER_ROWS:
            raise CommandError(f"More than {HANDED_OVER_ROWS} records fit; ask for less.")
        columns = ["recorded_at", *(item for item in request.items if item != "recorded_at")]
        content = write(columns, (_cells(one, columns, site_keys) for one in found))
        entry = self._enter(request, operator, content, len(found), is_by_address=bool(address))
        return HandedOver(entry, content, len(found))

    def _enter(
        self, request: Request, operator: str, content: bytes, rows: int, *, is_by_address: bool
    ) -> str:
        row = request.row
        begin_write()
        entry = Disclosure(
            reference=new_reference(),
            request_id=row.id,
            basis=row.basis,
            authority=row.authority,
            permit_number=row.permit_number,
            items=row.items,
            site_id=row.site_id,
            since=row.since,
            until=row.until,
            officer=operator,
            approver=request.decided_by,
            is_by_address=is_by_address,
            record_count=rows,
            sha256=hashlib.sha256(content).hexdigest(),
            at=clock.now(),
        )
        db.session.add(entry)
        db.session.commit()
        _log(request, "archive.hand-over", rows)
        return str(entry.reference)


def ledger(*, before_id: int | None = None, limit: int | None = 50) -> Sequence[Disclosure]:
    """Returns what was handed over, newest first; `before_id` is the last id of the page before."""
    query = select(Disclosure).order_by(Disclosure.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Disclosure.id < before_id)
    return db.session.scalars(query).all()


def _scope(request: Request, address: str) -> Scope:
    canonical = normal_address(address)
    if address.strip() and not canonical:
        raise CommandError("This is no IP address.")
    row = request.row
    return Scope(since=row.since, until=row.until, site_id=row.site_id, address=canonical)


def _cells(found: Found, columns: Sequence[str], site_keys: dict[int, str]) -> list[Any]:
    visit = found.visit
    facts = {
        "recorded_at": visit.recorded_at,
        "site": site_keys.get(visit.site_id, ""),
        "path": visit.path,
        "referrer": visit.referrer,
        "ip": visit.ip,
        "device": device_words(found),
        "visitor": visit.visitor,
    }
    return [facts[name] for name in columns]


def device_words(found: Found) -> str:
    """Returns what is known of the device in one line."""
    visit = found.visit
    system = f"{visit.system} {visit.system_version}".strip()
    browser = f"{visit.browser} {visit.browser_version}".strip()
    return ", ".join(part for part in (visit.device_class, visit.device, system, browser) if part)


def _log(request: Request, act: str, count: int) -> None:
    row = request.row
    record_act(
        Act(
            operator=row.asked_by,
            act=act,
            site_id=row.site_id,
            record_count=count,
            reason=f"{row.basis} {row.permit_number} {row.reason}",
            reference=row.reference,
        )
    )
