"""Gets this checkout ready: `python3 -m tools.prepare run` for the demo, `test` for the tests,
`bench` for the measurements.

Prints one line for each thing that it installs, with the reason; a second run finds all in place
and is over in a second. Nothing is skipped: what cannot be had ends it with one line that says
what to do. Paths of the programs that the tests drive go to `.venv/prepared.json`.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tools import engines, node, packages, pooler, programs
from tools.ground import ROOT, VENV, CannotPrepareError

_PURPOSES = ("run", "test", "bench")
_USAGE = "usage: python3 -m tools.prepare " + "|".join(_PURPOSES)


def main(words: list[str]) -> int:
    """Prepares for the purpose named in `words`; returns the exit status."""
    if len(words) != 1 or words[0] not in _PURPOSES:
        print(_USAGE, file=sys.stderr)
        return 2
    try:
        with _alone():
            prepare_run()
            if words != ["run"]:
                npm = prepare_test()
                if words == ["bench"]:
                    prepare_bench(npm)
    except CannotPrepareError as error:
        print(f"prepare: {error}", file=sys.stderr)
        return 1
    return 0


def prepare_run() -> None:
    """Gets what the service runs on, and no more."""
    packages.make_venv()
    packages.install("runtime", "the service runs on them")
    packages.install_project()


def prepare_test() -> str:
    """Gets all that the tests drive, and writes down where it is; returns the path of npm."""
    packages.install("dev", "they test and check")
    node_path, npm_path = node.node_and_npm()
    node.install_locked("banner", npm_path, "they build the banner and check its types")
    programs.check_playwright()
    webkit_driver, webkit = engines.webkit()
    found = {
        "postgres_bin": str(programs.postgres_folder()),
        "pgbouncer": list(pooler.pgbouncer()),
        "chromium": programs.chromium(),
        "firefox": engines.firefox(),
        "webkit": webkit,
        "webkit_driver": webkit_driver,
        "xvfb": engines.xvfb(),
        "libfaketime": programs.libfaketime(),
        "nginx": programs.nginx(),
        "node": node_path,
        "npm": [npm_path],
    }
    (VENV / "prepared.json").write_text(json.dumps(found, indent=2) + "\n")
    return npm_path


def prepare_bench(npm: str) -> None:
    """Gets what ours is measured beside, and the programs that measure."""
    node.install_locked("bench/banner", npm, "other banners, to measure ours beside them")
    node.install_locked("bench/server", npm, "another consent service, to measure ours beside it")
    programs.ensure("wrk", "it puts servers under load")
    programs.ensure("sqlite3", "its CSV export is what ours is measured beside")


@contextmanager
def _alone() -> Iterator[None]:
    """Waits until no other preparation of this checkout runs; ends with the process."""
    folder = os.open(ROOT / "tools", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


if __name__ == "__main__":
    if sys.version_info < packages.OLDEST_PYTHON:
        sys.exit("prepare: needs Python >= 3.11; try: make PYTHON=python3.11 ...")
    sys.exit(main(sys.argv[1:]))
