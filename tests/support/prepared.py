"""What `make test` found or installed: PostgreSQL, pgbouncer, nginx, browsers, libfaketime."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Prepared:
    """Paths of programs that the tests run."""

    postgres_bin: Path
    pgbouncer: tuple[str, str]  # the program, and the folder of its libraries or ""
    chromium: str
    firefox: str
    webkit: str
    webkit_driver: str
    xvfb: str
    libfaketime: str
    nginx: str
    node: str
    npm: list[str]


def read_prepared() -> Prepared:
    """Returns what tools/prepare.py wrote down."""
    try:
        found = json.loads((ROOT / ".venv" / "prepared.json").read_text())
    except FileNotFoundError:
        pytest.exit(
            "run `make test` once: it gets PostgreSQL, the browsers and the rest", returncode=2
        )
    return Prepared(
        postgres_bin=Path(found["postgres_bin"]),
        pgbouncer=(found["pgbouncer"][0], found["pgbouncer"][1]),
        chromium=found["chromium"],
        firefox=found["firefox"],
        webkit=found["webkit"],
        webkit_driver=found["webkit_driver"],
        xvfb=found["xvfb"],
        libfaketime=found["libfaketime"],
        nginx=found["nginx"],
        node=found["node"],
        npm=found["npm"],
    )


@pytest.fixture(scope="session")
def prepared() -> Prepared:
    """Where the programs are that the tests run."""
    return read_prepared()
