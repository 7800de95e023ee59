"""The country of a request: as a proxy of ours names it in a header, else by the client's address.

The database is a file of this machine in MaxMind DB format (https://maxmind.github.io/MaxMind-DB/)
with `country.iso_code`, such as GeoLite2 Country or DB-IP Lite. Nobody else is ever asked, and the
address is neither kept nor written anywhere. A country that is not known is "", which
banner.schemas answers with the strictest mode.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import maxminddb

from consent_server.config import Settings
from consent_server.errors import ConfigError
from consent_server.web.client_address import client_address

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

UNKNOWN: Final = ""

_log = logging.getLogger(__name__)
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_NO_COUNTRY: Final = frozenset({"XX", "ZZ"})  # how networks and ISO 3166-1 write "unknown"
_RECHECK_SECONDS: Final = 60.0
_HAS_NAMELESS_FILES: Final = hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir()
# Besides its own error the library raises what Python does with bytes that make no sense.
_UNREADABLE: Final = (OSError, maxminddb.InvalidDatabaseError, ValueError, TypeError)


class Countries:
    """Tells the country of a request. Raises ConfigError when the database cannot be read."""

    def __init__(self, settings: Settings) -> None:
        header = settings.country_header
        self._header = f"HTTP_{header.upper().replace('-', '_')}" if header else ""
        self._trusted_proxies = settings.trusted_proxies
        path = settings.country_database
        self._database = CountryDatabase(Path(path)) if path else None

    @property
    def can_tell(self) -> bool:
        """Whether an answer may depend on where a request comes from."""
        return bool(self._header or self._database)

    def of(self, environ: WSGIEnvironment) -> str:
        """Returns the ISO 3166-1 code of a request's country (PEP 3333), or ""."""
        named = _country(environ.get(self._header, "")) if self._header else UNKNOWN
        return named or self.of_address(client_address(environ, self._trusted_proxies))

    def of_address(self, address: str) -> str:
        """Returns what the database says of an address or a network's first one; else ""."""
        return self._database.country(address) if self._database else UNKNOWN


class CountryDatabase:
    """A database file, read into memory and read anew within a minute after it was replaced.

    In memory, because a file that is overwritten while it is mapped ends the process: in a file of
    this process that has no name, so that the library's C part reads it (0.2 us instead of 18).
    """

    def __init__(self, path: Path, *, recheck_seconds: float = _RECHECK_SECONDS) -> None:
        self._path = path
        self._recheck_seconds = recheck_seconds
        self._checked_at = time.monotonic()
        self._lock = threading.Lock()
        try:
            self._seen = self._print()
            self._reader = _open(path)
        except _UNREADABLE as error:
            raise ConfigError(
                f"CONSENT_COUNTRY_DATABASE: {path} is no readable MaxMind DB file (.mmdb)."
            ) from error

    def country(self, address: str) -> str:
        """Returns the country of a canonical address, or "". address: "" is nobody's."""
        self._follow_file()
        if not address:
            return UNKNOWN
        try:
            found = self._reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return UNKNOWN  # IPv6 in a database of IPv4 alone, or a record that is damaged
        country = found.get("country") if isinstance(found, dict) else None
        code = country.get("iso_code") if isinstance(country, dict) else None
        return _country(code) if isinstance(code, str) else UNKNOWN

    def _follow_file(self) -> None:
        if time.monotonic() - self._checked_at < self._recheck_seconds:
            return
        if not self._lock.acquire(blocking=False):
            return  # another thread is looking
        try:
            self._read_anew()
        finally:
            self._checked_at = time.monotonic()
            self._lock.release()

    def _read_anew(self) -> None:
        try:
            if (present := self._print()) != self._seen:
                self._reader, self._seen = _open(self._path), present
        except _UNREADABLE:
            _log.warning("%s cannot be read; its last contents stay in use", self._path)

    def _print(self) -> tuple[int, int, int]:
        facts = self._path.stat()
        return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _open(path: Path) -> maxminddb.Reader:
    if not _HAS_NAMELESS_FILES:
        return maxminddb.open_database(path, maxminddb.MODE_MEMORY)
    with os.fdopen(os.memfd_create("countries"), "wb") as copy:
        copy.write(path.read_bytes())
        copy.flush()
        return maxminddb.open_database(f"/proc/self/fd/{copy.fileno()}")


def _country(text: str) -> str:
    code = text.strip().upper()
    return code if _COUNTRY.fullmatch(code) and code not in _NO_COUNTRY else UNKNOWN
