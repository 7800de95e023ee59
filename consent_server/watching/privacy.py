"""Keeps visitors out of the log, whoever writes it.

Nothing of ours logs an address, a user agent, a path or a token; this is the second lock, for
libraries and for mistakes. Fields with such names are dropped, and in every text what looks like
an address, a user agent or a token is replaced. Addresses of our own databases go too: better one
look into the settings than one visitor in a log.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any, Final

_DROPPED: Final = re.compile(
    r"^(.*_)?(ip|addr|address|user_?agent|agent|ua|path|url|uri|query|referr?er|body|payload|"
    r"headers?|cookies?|token|visitor|visitor_id|environ|request|params|parameters)$",
    re.IGNORECASE,
)
_OWN: Final = frozenset({"_record", "_from_structlog", "timestamp"})  # structlog's
_IPV4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*")
_AGENT: Final = re.compile(
    r"\b(?:Mozilla|Opera|Dalvik|AppleWebKit|Chrome|Chromium|Safari|Firefox|Edge?|okhttp|curl|Wget|"
    r"python-requests|Python-urllib|[A-Za-z]*[Bb]ot)/\d[^\"\n]*"
)
_TOKEN: Final = re.compile(r"[\w-]{16,}(?:\.[\w-]{5,8})?\.[\w-]{20,}(?![\w.])")


def without_visitors(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Returns a log entry without what may say something about a visitor (structlog processor)."""
    return {
        name: value if name in _OWN else _clean(value)
        for name, value in event.items()
        if not _DROPPED.match(name)
    }


def cleaned(text: str) -> str:
    """Returns a text in which whatever looks like a visitor's is replaced."""
    text = _AGENT.sub("[user agent]", text)
    text = _TOKEN.sub("[token]", text)
    text = _IPV4.sub("[address]", text)
    return _IPV6.sub(lambda found: "[address]" if _is_address(found[0]) else found[0], text)


def _clean(value: Any) -> Any:
    match value:
        case str():
            return cleaned(value)
        case bool() | int() | float() | None:
            return value
        case dict():
            return {key: _clean(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_clean(inner) for inner in value]
        case _:
            return cleaned(str(value))


def _is_address(text: str) -> bool:
    try:
        ip_address(text.rstrip(":."))
    except ValueError:
        try:
            ip_address(text)
        except ValueError:
            return False
    return True
