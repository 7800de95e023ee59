"""How far the ledger went, remembered outside the database.

A chain shows every gap but one: its newest certificates can be cut off without a trace in the rest.
So this home remembers number and digest of the newest one it has seen, and `verify` compares. After
a restored backup the two differ, and rightly so.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from consent_server.certificates.rules import Certificate, Fault

_log = logging.getLogger(__name__)


class Head:
    """The file `certificates.head` in the home of a deployment."""

    def __init__(self, home: Path) -> None:
        self.path = home / "certificates.head"

    def known(self) -> tuple[int, str]:
        """Returns number and digest of the newest certificate seen; (0, "") when there is none."""
        try:
            number, digest = self.path.read_text().split()
            return int(number), digest
        except (FileNotFoundError, ValueError):
            return 0, ""

    def remember(self, newest: Certificate) -> None:
        """Writes down the newest certificate, unless a newer one is known."""
        if newest.number <= self.known()[0]:
            return
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            draft.write_text(f"{newest.number} {newest.digest}\n")
            draft.replace(self.path)
        except OSError as error:
            _log.warning("%s cannot be written: %s", self.path, error.strerror)
            draft.unlink(missing_ok=True)

    def faults_of(self, certificates: Iterable[Certificate]) -> Iterator[Fault]:
        """Yields what is missing or different at the place that this home remembers."""
        number, digest = self.known()
        last = 0
        for each in certificates:
            last = each.number
            if each.number == number and each.digest != digest:
                yield Fault(number, "changed", "this home has seen another certificate there")
        if last < number:
            words = f"this home has seen number {number}, and the ledger ends with {last}"
            yield Fault(last + 1, "missing", words)
