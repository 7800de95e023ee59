"""One log for everything: our words, the libraries', the server's, warnings (structlog).

JSON lines for machines, readable ones on a terminal, always on stderr. Every line names the
request it belongs to; none says anything about a visitor (`watching.privacy`), and exceptions are
told without the values they quote (`watching.failures`).
"""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from typing import Any, Final, Literal

import structlog

from consent_server.watching.failures import told
from consent_server.watching.privacy import without_visitors

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "json", "text"]

request_in_hand: ContextVar[str] = ContextVar("request_in_hand", default="")
"""The id of the request that this thread answers, or ""."""

_QUIET: Final = {  # libraries whose small talk is about requests, statements or every interval
    "werkzeug": logging.WARNING,  # its lines are an access log: address, path, user agent
    "granian.access": logging.CRITICAL,
    "sqlalchemy": logging.WARNING,  # statements with their values
    "apscheduler": logging.ERROR,
    "alembic": logging.WARNING,
    "urllib3": logging.WARNING,
}


def configure(level: Level = "info", form: Format = "auto") -> None:
    """Sends everything that this process logs to stderr; may be called again."""
    is_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(is_json=is_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    for name, least in _QUIET.items():
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(max(least, root.level))
        logger.propagate = True


def formatter(*, is_json: bool) -> logging.Formatter:
    """Returns what turns an entry into a line."""
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if is_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        _tell_failure,
        without_visitors,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


def server_config() -> dict[str, Any]:
    """Returns the log settings of granian: it hands everything on to ours."""
    return {
        "handlers": {},
        "loggers": {
            "_granian": {"handlers": [], "level": "INFO", "propagate": True},
            "granian.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }


def _add_request_id(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    if request_id := request_in_hand.get():
        event["request_id"] = request_id
    return event


def _tell_failure(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replaces an exception by what may be told of it; nothing else may render it."""
    record: logging.LogRecord | None = event.get("_record")
    found = event.pop("exc_info", None) or (record.exc_info if record else None)
    error = found[1] if isinstance(found, tuple) else None
    if record is not None:
        record.exc_info = record.exc_text = None
    if isinstance(error, BaseException):
        event["exception"] = told(error)
    return event
