"""Firefox and WebKit as Selenium drives them; neither leaves this machine.

A story that must hold in every engine takes the fixture `engine`, in place of Playwright's `page`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from selenium.webdriver import FirefoxOptions, Remote
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.webkitgtk.options import Options as WebKitOptions
from selenium.webdriver.webkitgtk.service import Service as WebKitService

from support.browser import FAILED
from support.marionette import MarionetteConnection
from support.prepared import ROOT, Prepared

_PATIENCE_SECONDS = 30
_WINDOW = (1280, 900)
# Firefox calls its makers at every start; a proxy that nobody runs keeps all but loopback out.
_FIREFOX_SETTINGS = {
    "marionette.port": 0,  # any that is free
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
}


@contextmanager
def firefox(prepared: Prepared, profile: Path) -> Iterator[Remote]:
    """A headless Firefox on an empty profile."""
    settings = (
        f"user_pref({json.dumps(name)}, {json.dumps(value)});"
        for name, value in _FIREFOX_SETTINGS.items()
    )
    (profile / "user.js").write_text("\n".join(settings))
    with (
        (profile / "firefox.log").open("wb") as log,
        subprocess.Popen(
            [prepared.firefox, "--headless", "--marionette", "--no-remote", "--profile", profile],
            env=os.environ | {"HOME": str(profile)},
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            connection = MarionetteConnection(_number_in(profile / "MarionetteActivePort", process))
            yield Remote(cast(RemoteConnection, connection), options=FirefoxOptions())
            connection.close()
        finally:
            process.terminate()


@contextmanager
def webkit(prepared: Prepared, folder: Path) -> Iterator[Remote]:
    """WebKit's own little browser, in a window that nobody sees."""
    with _screen(prepared, folder / "display") as display:
        options = WebKitOptions()
        options.binary_location = prepared.webkit
        options.add_argument("--automation")
        service = WebKitService(
            prepared.webkit_driver,
            log_output=str(folder / "webkit.log"),
            env=os.environ | {"DISPLAY": display, "HOME": str(folder), "NO_AT_BRIDGE": "1"},
        )
        service.start()
        try:
            # Selenium's WebKitGTK would do all this, but in a way that Selenium itself warns of
            config = ClientConfig(remote_server_addr=service.service_url)
            with Remote(RemoteConnection(client_config=config), options=options) as driver:
                yield driver
        finally:
            service.stop()


@contextmanager
def _screen(prepared: Prepared, told: Path) -> Iterator[str]:
    """An X server without a screen, which tells its number in a file; gives its name."""
    with (
        told.open("wb") as file,
        subprocess.Popen(
            [prepared.xvfb, "-displayfd", str(file.fileno()), "-nolisten", "tcp"],
            pass_fds=[file.fileno()],
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            yield f":{_number_in(told, process)}"
        finally:
            process.terminate()


def _number_in(file: Path, process: subprocess.Popen[bytes]) -> int:
    """Waits until a program has written a number."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists() and (text := file.read_text().strip()):
            return int(text)
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} has not started")


_ENGINES = {"firefox": firefox, "webkit": webkit}


@pytest.fixture(scope="session", params=_ENGINES)
def running_engine(
    request: pytest.FixtureRequest, prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Remote]:
    """One browser for all stories of its engine."""
    start = _ENGINES[request.param]
    with start(prepared, tmp_path_factory.mktemp(request.param)) as driver:
        driver.set_window_size(*_WINDOW)
        yield driver


@pytest.fixture
def engine(running_engine: Remote, request: pytest.FixtureRequest) -> Iterator[Remote]:
    """Firefox, then WebKit; without cookies. A failing story leaves its screenshot behind."""
    running_engine.delete_all_cookies()
    yield running_engine
    if request.node.stash.get(FAILED, False):
        folder = ROOT / "artefacts"
        folder.mkdir(exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", request.node.name)
        running_engine.save_screenshot(str(folder / f"{name}.png"))
