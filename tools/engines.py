"""The browsers beside Chromium that the tests drive: Firefox, and WebKit on a screen of memory.

Both come from the distribution: nobody packages a Firefox or a WebKit for pip or npm. What the
machine has is used as it is.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tools import debian
from tools.ground import CannotPrepareError, answers

_FIREFOXES = ("firefox-esr", "firefox")
_WEBKIT_PACKAGE = "webkit2gtk-driver"  # brings the browser that it drives, WebKit's own MiniBrowser
_MINI_BROWSERS = ("lib*/*/webkit2gtk-4.1/MiniBrowser", "lib*/webkit2gtk-4.1/MiniBrowser")


def firefox() -> str:
    """Returns a Firefox that starts."""
    if found := _firefox_on_path():
        return found
    debian.install("firefox-esr", "the banner is tested in Firefox too")
    if found := _firefox_on_path():
        return found
    raise CannotPrepareError("firefox-esr was installed but does not start: try `firefox-esr -v`")


def webkit() -> tuple[str, str]:
    """Returns WebKit's driver and the browser that the driver starts."""
    if found := _webkit_here():
        return found
    debian.install(_WEBKIT_PACKAGE, "the banner is tested in WebKit too")
    if found := _webkit_here():
        return found
    raise CannotPrepareError(
        f"{_WEBKIT_PACKAGE} was installed, but WebKitWebDriver or MiniBrowser is not where it puts"
        f" them: try `dpkg -L {_WEBKIT_PACKAGE}`"
    )


def xvfb() -> str:
    """Returns the X server without a screen: WebKit draws in windows only."""
    if found := shutil.which("Xvfb"):
        return found
    debian.install("xvfb", "WebKit wants a screen to draw on")
    if found := shutil.which("Xvfb"):
        return found
    raise CannotPrepareError("xvfb was installed, but Xvfb is not on PATH: try `dpkg -L xvfb`")


def _firefox_on_path() -> str | None:
    found = (shutil.which(name) for name in _FIREFOXES)
    return next((path for path in found if path and answers(path, "--version")), None)


def _webkit_here() -> tuple[str, str] | None:
    driver = shutil.which("WebKitWebDriver")
    browsers = [path for place in _MINI_BROWSERS for path in Path("/usr").glob(place)]
    return (driver, str(browsers[0])) if driver and browsers else None
