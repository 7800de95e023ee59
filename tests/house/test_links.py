"""Links of our pages lead somewhere: to a file of this checkout, and to a heading that it has."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from support.prepared import ROOT

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def anchors_of(page: Path) -> set[str]:
    """Returns how forges name the headings of a page: lower case, no signs, dashes."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_dead(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / unquote(path)).resolve() if path else page
    return not target.exists() or bool(anchor and anchor not in anchors_of(target))


def test_every_link_of_a_page_leads_to_what_is_there() -> None:
    links = {(page, link) for page in pages() for link in _LINK.findall(page.read_text())}
    inner = {(page, link) for page, link in links if "://" not in link and link[:7] != "mailto:"}

    dead = sorted(f"{page.name}: {link}" for page, link in inner if is_dead(page, link))

    assert len(inner) > 50
    assert dead == []
