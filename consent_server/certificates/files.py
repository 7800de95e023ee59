"""The ledger as files: NDJSON, which `certificates verify` reads again, and CSV for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from consent_server.certificates.rules import Certificate, as_stated, from_stated
from consent_server.certificates.services import Confirmation, each_certificate, each_confirmation
from consent_server.errors import CommandError
from consent_server.storage.database import db

_COLUMNS: Final = (
    "number", "record_class", "day", "records", "sites", "reason", "method", "started_at",
    "ended_at", "executor", "confirmed_by", "confirmed_at", "reference", "previous", "digest",
    "public_key", "signature",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate

Confirmed = Mapping[int, Sequence[Confirmation]]


def ndjson_lines(certificates: Iterable[Certificate], confirmed: Confirmed) -> Iterator[str]:
    """Yields one JSON object per certificate, with its confirmations."""
    for each in certificates:
        stated = as_stated(each)
        stated["confirmations"] = [_stated(one) for one in confirmed.get(each.number, ())]
        yield json.dumps(stated, ensure_ascii=False, sort_keys=True) + "\n"


def csv_lines(certificates: Iterable[Certificate], confirmed: Confirmed) -> Iterator[str]:
    """Yields a header and one line per certificate."""
    yield _line(_COLUMNS)
    for each in certificates:
        cells = as_stated(each)
        confirmations = confirmed.get(each.number, ())
        cells["sites"] = json.dumps(cells["sites"], sort_keys=True)
        cells["confirmed_by"] = "; ".join(one.operator for one in confirmations)
        cells["confirmed_at"] = "; ".join(one.at.isoformat() for one in confirmations)
        yield _line([_harmless(str(cells[name])) for name in _COLUMNS])


def whole_ledger_as_csv() -> Iterator[str]:
    """Yields the lines of the ledger as it is now."""
    return csv_lines(each_certificate(db.engine), all_confirmations())


def all_confirmations() -> dict[int, list[Confirmation]]:
    """Returns who confirmed what, by the number of the certificate."""
    confirmed: dict[int, list[Confirmation]] = {}
    for one in each_confirmation(db.engine):
        confirmed.setdefault(one.certificate, []).append(one)
    return confirmed


def read_ndjson(lines: Iterable[str]) -> Iterator[Certificate]:
    """Yields the certificates of an exported file. Raises CommandError at a line that is none."""
    for number, line in enumerate(lines, 1):
        try:
            stated = json.loads(line)
            stated.pop("confirmations", None)
            yield from_stated(stated)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CommandError(f"Line {number} is not an exported certificate.") from error


def _stated(confirmation: Confirmation) -> dict[str, Any]:
    return {
        "operator": confirmation.operator,
        "at": confirmation.at.isoformat(),
        "public_key": confirmation.public_key,
        "signature": confirmation.signature,
    }


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
