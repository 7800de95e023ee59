"""What a page of a site really uses: hosts, gates, names of cookies, read from its HTML or cookies.

Only names are kept, never the values of cookies. Pure; whoever calls it fetched or was given the
text, and nothing of it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

CHARACTERS: Final = 400_000
_NAMES_LIMIT: Final = 200
_LOADED: Final = {"script", "iframe", "img", "link"}
_COOKIES: Final = re.compile(r"\s*[^\s;=,<>]{1,100}=[^;<>]*(;\s*[^\s;=,<>]{1,100}=[^;<>]*)*;?\s*")


@dataclass(frozen=True, slots=True)
class Evidence:
    """hosts: of scripts, frames, images and preloads. gated: hosts that wait for a decision.

    categories, services: what gates of the page name. names: cookies.
    """

    hosts: frozenset[str] = frozenset()
    gated: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


def evidence_in(text: str, cookies: Iterable[str] = ()) -> Evidence:
    """Returns what a text tells: HTML of a page, or what `document.cookie` prints.

    cookies: `Set-Cookie` headers that came with the page.
    """
    text = text[:CHARACTERS]
    names = {name for name in map(_name, cookies) if name}
    if _COOKIES.fullmatch(text):
        names |= {name for name in map(_name, text.split(";")) if name}
        return Evidence(names=_bounded(names))
    reader = _Reader()
    with suppress(AssertionError):  # it gives up at `<![word[`; what came before counts
        reader.feed(text)
    return Evidence(
        hosts=_bounded(reader.hosts),
        gated=_bounded(reader.gated),
        categories=_bounded(reader.categories),
        services=_bounded(reader.services),
        names=_bounded(names),
    )


class _Reader(HTMLParser):
    """Collects what elements load and what they wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.hosts: set[str] = set()
        self.gated: set[str] = set()
        self.categories: set[str] = set()
        self.services: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Hears of each element; an attribute without a value comes as None."""
        if tag not in _LOADED:
            return
        has = {name: value or "" for name, value in attrs}
        category, service = has.get("data-category", ""), has.get("data-service", "")
        self.categories |= {category.lstrip("!")} - {""}
        self.services |= {service.lstrip("!")} - {""}
        for name in ("src", "data-src", "href"):
            host = _host(has.get(name, ""))
            if host and not (tag == "link" and has.get("rel") in ("canonical", "alternate")):
                (self.gated if category or service else self.hosts).add(host)


def _host(address: str) -> str:
    try:
        return urlsplit(address.strip()).hostname or ""
    except ValueError:
        return ""


def _name(cookie: str) -> str:
    return cookie.partition("=")[0].strip()[:100]


def _bounded(found: Iterable[str]) -> frozenset[str]:
    return frozenset(sorted(found)[:_NAMES_LIMIT])
