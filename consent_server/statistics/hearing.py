"""Hears of each new decision from which device and country it came, and counts that in memory.

Whoever decides waits for none of it: a count is one step in a dictionary, and every few seconds a
thread of this process seals what came and hands it to the writer, as rows of its own. So two
processes add and never overwrite, and a row that was written although the answer got lost is the
same row at the next try. A killed process loses some seconds of counts and never a record. The
address and the header are looked at and forgotten: neither leaves this call.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from multiprocessing.util import Finalize  # a worker of the server runs these at its end, no atexit
from typing import TYPE_CHECKING, Any, Final

from consent_server import clock
from consent_server.consents.schemas import Submission
from consent_server.entropy import random_id
from consent_server.statistics.circumstance_rules import UNKNOWN_COUNTRY, Heard, cells_of
from consent_server.statistics.models import HeldCount
from consent_server.statistics.sealed import CountSeal
from consent_server.storage.absent import insert_absent
from consent_server.storage.database import table_of
from consent_server.storage.writing.writer import Writer
from consent_server.visits.device import device_of
from consent_server.web.country import Countries

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_log = logging.getLogger(__name__)
_HELD: Final = table_of(HeldCount)
_FLUSH_SECONDS: Final = 5.0
_MOST_KINDS: Final = 20_000  # that differ, in memory: 6 MiB; more in seconds is no real traffic

Row = Mapping[str, Any]


class Hearing:
    """Counts in one process. day_of: the calendar day of an instant."""

    def __init__(
        self,
        writer: Writer,
        seal: CountSeal,
        countries: Countries,
        day_of: Callable[[datetime], date],
    ) -> None:
        self._writer = writer
        self._seal = seal
        self._countries = countries
        self._day_of = day_of
        self._gate = threading.Lock()  # guards what was heard, and whether the thread is there
        self._heard: dict[Heard, int] = {}
        self._is_flushing = False
        self._at_exit: Finalize
        self._lost = 0
        self._rows: list[Row] = []  # sealed and not known to be written; only while flushing
        self._one_flush = threading.Lock()

    def hear(self, site_id: int, submission: Submission, environ: WSGIEnvironment) -> None:
        """Counts a decision that was just recorded for the first time. Never raises."""
        one = Heard(
            site_id,
            self._day_of(clock.now()),
            _device_class(environ),
            self._country(environ),
            submission.action,
            tuple(sorted(submission.decisions.items())),
        )
        with self._gate:
            known = self._heard.get(one)
            if known is None and len(self._heard) >= _MOST_KINDS:
                self._lost += 1
                return
            self._heard[one] = (known or 0) + 1
            if not self._is_flushing:
                self._start()

    def _country(self, environ: WSGIEnvironment) -> str | None:
        if not self._countries.can_tell:
            return None
        return self._countries.of(environ) or UNKNOWN_COUNTRY

    def flush(self) -> bool:
        """Writes down what was heard and waits until it is on disk; returns whether it is.

        What could not be written is kept, and tried again with the next.
        """
        with self._one_flush:
            if not self._rows:
                self._rows = self._sealed(self._taken())
            rows = self._rows
            if not rows:
                return True
            try:
                self._writer.run(lambda connection: insert_absent(connection, _HELD, rows))
            except Exception as error:  # noqa: BLE001 - counts: the next round tries again
                _log.info("counts of decisions wait to be written: %s", type(error).__name__)
                return False
            self._rows = []
            return True

    def _taken(self) -> dict[Heard, int]:
        with self._gate:
            heard, self._heard = self._heard, {}
            lost, self._lost = self._lost, 0
        if lost:
            _log.warning("%d decisions were not counted by device and country", lost)
        return heard

    def _sealed(self, heard: Mapping[Heard, int]) -> list[Row]:
        rows: list[Row] = []
        for (site_id, day), cells in cells_of(heard).items():
            row_id = random_id()
            payload = self._seal.close(row_id, cells)
            rows.append({"id": row_id, "site_id": site_id, "day": day, "payload": payload})
        return rows

    def _start(self) -> None:
        """Starts the thread; the gate is held. It ends by itself when there is nothing to do."""
        with suppress(RuntimeError):  # no room for a thread: the next decision tries again
            threading.Thread(target=self._go_round, name="hearing", daemon=True).start()
            self._at_exit = Finalize(None, self.flush, exitpriority=1)
            self._is_flushing = True

    def _go_round(self) -> None:
        while True:
            clock.pause(_FLUSH_SECONDS)
            is_done = self.flush()
            with self._gate:
                if not self._heard:  # what could not be written goes with the next, or at the end
                    self._is_flushing = False
                    if is_done:
                        self._at_exit.cancel()
                    return


def _device_class(environ: WSGIEnvironment) -> str:
    """Returns pc, mobile, tablet, bot or other; a hint that is sent by itself counts too."""
    device = device_of(environ.get("HTTP_USER_AGENT", "")).device_class
    is_mobile = environ.get("HTTP_SEC_CH_UA_MOBILE", "").strip() == "?1"
    return "mobile" if is_mobile and device != "bot" else device
