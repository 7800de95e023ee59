"""Blocks of Markdown files that a measurement writes: between `<!-- name:start -->` and `:end`."""

from __future__ import annotations

from pathlib import Path


def renew_block(file: Path, name: str, text: str) -> None:
    """Replaces what stands between the two marks. Raises SystemExit when they are not there."""
    opening, closing = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    before, start, rest = file.read_text().partition(opening)
    _, end, after = rest.partition(closing)
    if not start or not end:
        raise SystemExit(f"{file.name} has no {opening} ... {closing}")
    file.write_text(f"{before}{start}\n{text}\n{end}{after}")
