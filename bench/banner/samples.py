"""What many rounds have in common: the median and the spread of each measure, exact counts once."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable
from functools import lru_cache
from statistics import median, quantiles
from typing import Any

from bench.banner.pages import Entry
from bench.product import encoded
from bench.traffic import Asked

_ENCODINGS = {"raw": "identity", "gzip": "gzip", "brotli": "br"}


def spread(values: Iterable[float]) -> dict[str, float]:
    """Returns median, quartiles and extremes, rounded to what the browser's clock can tell."""
    ordered = sorted(values)
    low, _, high = quantiles(ordered, n=4, method="inclusive") if len(ordered) > 1 else ordered * 3
    found = {
        "median": median(ordered), "low": low, "high": high, "min": ordered[0], "max": ordered[-1],
    }  # fmt: skip
    return {name: round(value, 3) for name, value in found.items()} | {"runs": len(ordered)}


def summarise(samples: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Returns the spread of every number that the samples hold."""
    names = {name: None for sample in samples for name in sample}
    numbers = {name: [s[name] for s in samples if _is_number(s.get(name))] for name in names}
    return {name: spread(values) for name, values in numbers.items() if values}


def paid(needed: Iterable[str]) -> dict[str, int]:
    """Returns the bytes of these files in every encoding, as their own servers send them."""
    urls = sorted(set(needed))
    return {name: sum(_size(url, sent_as) for url in urls) for name, sent_as in _ENCODINGS.items()}


def markup_bytes(entry: Entry, bare: Entry) -> int:
    """Returns by how much the page itself grows, under brotli."""
    sizes = [len(encoded(page.html().encode(), "br")) for page in (entry, bare)]
    return sizes[0] - sizes[1]


def first_visit(needed: list[str], asked: list[Asked]) -> dict[str, int]:
    """Returns counts and bytes of a first visit; `later` are the requests that nobody waits for."""
    files = set(needed)
    return {"requests": len(files), "later": sum(one.url not in files for one in asked)} | paid(
        files
    )


def second_visit(asked: list[Asked]) -> dict[str, int]:
    """Returns what passes over the network when the browser has kept what it may keep."""
    received = paid(one.url for one in asked if one.method == "GET")["brotli"]
    return {
        "again_requests": len(asked),
        "again_bytes": received + sum(one.sent_bytes for one in asked),
    }


@lru_cache
def _size(url: str, sent_as: str) -> int:
    headers = {"Accept-Encoding": sent_as, "Accept-Language": "en-US"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
        return len(answer.read())


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))
