"""Records visits: encrypted under the key of their day before any queue or database sees them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.exc import DBAPIError

from consent_server.errors import ConfigError, KeyDestroyed, Unavailable
from consent_server.keys.ring import KeyRing
from consent_server.periods import RetentionPeriod
from consent_server.signing import Signatures
from consent_server.sites.directory import SiteEntry
from consent_server.storage.database import table_of
from consent_server.storage.partitions.keeper import PartitionKeeper, is_without_partition
from consent_server.storage.writing.writer import Writer
from consent_server.visits.hints import hinted_device
from consent_server.visits.models import Visit
from consent_server.visits.modes import USER_AGENT_CHARACTERS, kept_address, tells_country
from consent_server.visits.rules import bare_path, referrer_origin
from consent_server.visits.schemas import Payload, VisitReport

RECORD_CLASS = "visit"
_TABLE = table_of(Visit)
_log = logging.getLogger(__name__)


def address_hash(ring: KeyRing, day: date, address: str) -> bytes:
    """Returns the 16 bytes by which the visits of an address are found among those of a day."""
    return ring.keyed_hash(day, "address", address.encode())


def address_hash_or_none(ring: KeyRing, day: date, address: str) -> bytes | None:
    """Returns the same to search by; None once the key of the day is gone."""
    return ring.keyed_hash_or_none(day, "address", address.encode())


def visitor_hash(ring: KeyRing, day: date, visitor: UUID) -> bytes:
    """Returns the 16 bytes by which the visits of a visitor are found among those of a day."""
    return ring.keyed_hash(day, "visitor", visitor.bytes)


@dataclass(frozen=True, slots=True)
class VisitRecorder:
    """Everything that recording needs, joined once when the application starts."""

    writer: Writer
    ring: KeyRing
    signatures: Signatures
    period: RetentionPeriod
    partitions: PartitionKeeper

    def record(
        self,
        site: SiteEntry,
        report: VisitReport,
        address: str,
        user_agent: str,
        recorded_at: datetime,
        country: str = "",
    ) -> None:
        """Records one visit and waits until it is on disk; the same visit_id again is one row.

        address: canonical client address, "" if unknown. recorded_at: when it came. country: its
        code, "" if unknown; kept where what is kept of the address tells it anyway. Raises
        TokenRefused for a forged visitor token, Unavailable when it cannot be written; then
        nothing was stored.
        """
        visitor = self.signatures.visitor_id(site.key, report.visitor) if report.visitor else None
        try:
            row = self._row(site, report, visitor, address, user_agent, recorded_at)
            row["country"] = country if tells_country(site.address_mode) else ""
        except (OSError, ConfigError, KeyDestroyed) as error:  # full, lost, closed or damaged
            _log.error("the key ring cannot be used: %s", error)
            raise Unavailable("The key ring is away at the moment; nothing was stored.") from error
        self._write(row)

    def _row(
        self,
        site: SiteEntry,
        report: VisitReport,
        visitor: UUID | None,
        address: str,
        user_agent: str,
        recorded_at: datetime,
    ) -> dict[str, Any]:
        day = self.period.day_of(recorded_at)
        device = hinted_device(user_agent, report.hints)
        kept, found_by = kept_address(
            site.address_mode, address, partial(address_hash, self.ring, day)
        )
        payload = Payload(
            ip=kept,
            path=bare_path(report.path),
            referrer=referrer_origin(report.referrer),
            visitor=str(visitor or ""),
            is_bot=device.device_class == "bot",
            browser=device.browser,
            browser_version=device.browser_version,
            system=device.system,
            system_version=device.system_version,
            device=device.device,
            user_agent=user_agent[:USER_AGENT_CHARACTERS]
            if site.device_mode == "user_agent"
            else "",
        )
        return {
            "visit_id": report.visit_id,
            "site_id": site.id,
            "recorded_at": recorded_at,
            "day": day,
            "gone_at": self.period.gone_at(recorded_at),
            "device_class": device.device_class,
            "address_hash": found_by,
            "visitor_hash": visitor and visitor_hash(self.ring, day, visitor),
            "payload": self.ring.encrypt(
                RECORD_CLASS, day, report.visit_id, msgspec.json.encode(payload)
            ),
        }

    def _write(self, row: dict[str, Any]) -> None:
        self.partitions.ensure(row["gone_at"])
        try:
            self.writer.write(_TABLE, "visit_id", row)
        except DBAPIError as error:
            if not is_without_partition(error):
                raise
            self.partitions.forget(row["gone_at"])  # another process, or a restored backup
            self.partitions.ensure(row["gone_at"])
            self.writer.write(_TABLE, "visit_id", row)
