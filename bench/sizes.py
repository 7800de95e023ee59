"""The history of what visitors download: one line in results/sizes.jsonl whenever a size changes.

Bytes under brotli: the script of a site that was just added, per language, as the service sends
it; and each built file by itself. What the service sends holds a random key and digests, so it
differs by some bytes from run to run: less than that is no change.

    python -m bench.sizes    prints the sizes beside the last ones, adds a line when they differ
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from datetime import UTC, datetime
from typing import Any

from bench.deployment import ROOT, Deployment, deployed
from bench.product import encoded

_HISTORY = ROOT / "bench" / "results" / "sizes.jsonl"
_SERVED = {
    "script, English": ".js?lang=en",
    "script, Korean": ".js?lang=ko",
    "preferences, English": "/preferences.js?lang=en",
    "preferences, Korean": "/preferences.js?lang=ko",
}
_RANDOM_BYTES = 40

Sizes = dict[str, int]


def main() -> None:
    """Prints, and adds a line when a size is another one than before."""
    before = last_sizes()
    with deployed() as target:
        now = served(target) | built()
    print(compared(before, now))
    if has_changed(before, now):
        entry = {"date": datetime.now(UTC).date().isoformat(), "after": _commit(), "sizes": now}
        with _HISTORY.open("a") as history:
            history.write(json.dumps(entry) + "\n")


def last_sizes() -> Sizes:
    """Returns the sizes of the last line; empty before the first."""
    lines = _HISTORY.read_text().splitlines() if _HISTORY.exists() else []
    last: dict[str, Any] = json.loads(lines[-1]) if lines else {"sizes": {}}
    return dict(last["sizes"])


def has_changed(before: Sizes, now: Sizes) -> bool:
    """Returns whether a size differs by more than what is random in it."""
    return before.keys() != now.keys() or any(
        abs(size - before[name]) > (_RANDOM_BYTES if name in _SERVED else 0)
        for name, size in now.items()
    )


def served(target: Deployment) -> Sizes:
    """Returns what the service sends for a site with default settings."""
    base = f"{target.wire.url}/embed/{target.site_key}"
    return {name: _fetched(base + path) for name, path in _SERVED.items()}


def built() -> Sizes:
    """Returns the sizes of the built files."""
    files = [ROOT / "static" / "embed.js", *sorted((ROOT / "static" / "parts").glob("*.js"))]
    return {file.name: len(encoded(file.read_bytes(), "br")) for file in files}


def compared(before: Sizes, now: Sizes) -> str:
    """Returns a line for each size, with how it changed."""
    lines = []
    for name, size in now.items():
        change = size - before.get(name, size)
        lines.append(f"{name:22}{size:7,} B" + (f"  {change:+,}" if change else ""))
    return "\n".join(lines)


def _fetched(address: str) -> int:
    request = urllib.request.Request(address, headers={"Accept-Encoding": "br"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return len(answer.read())


def _commit() -> str:
    """Returns the commit that this was measured after; the change itself has no name yet."""
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    main()
