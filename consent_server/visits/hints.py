"""What client hints add to the device that the user-agent header tells.

Chromium freezes that header: every Windows since 10, every macOS and every Android look alike in
it. The rest is in hints (User-Agent Client Hints, WICG, https://wicg.github.io/ua-client-hints/):
two come as headers with each request, the others in a report of a page that asked for them. They
are as untrusted as the header. A system is taken from a list, a version is digits and dots, a
model printable ASCII. A hint for another system than the header's, and any hint of a bot, is left.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from msgspec import structs

from consent_server.visits.device import Device, device_of
from consent_server.visits.schemas import Hints, VisitReport

# what Chromium sends, and how user-agents names it; "Unknown" and others tell nothing
_SYSTEMS: Final = {
    "Android": "Android",
    "Chrome OS": "Chrome OS",
    "Chromium OS": "Chrome OS",
    "iOS": "iOS",
    "Linux": "Linux",
    "macOS": "Mac OS X",
    "Windows": "Windows",
}
# Windows sends the version of an interface of it (learn.microsoft.com, "Detect Windows 11"):
# 1 to 10 are Windows 10, 13 and more are Windows 11; those before had none and send 0.x
_WINDOWS_BEFORE_10: Final = {"0.1": "7", "0.2": "8", "0.3": "8.1"}
_VERSION: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}", re.ASCII)
_FROZEN: Final = "; Android 10; K)"  # version and model of every Android in Chromium's header
_MODEL_CHARACTERS = 64


def with_headers(report: VisitReport, mobile: str, platform: str) -> VisitReport:
    """Returns a report that also knows the hints which the browser sent by itself.

    mobile, platform: the headers Sec-CH-UA-Mobile and Sec-CH-UA-Platform, "" where not sent. What
    the page reported goes before them.
    """
    system = platform.strip().removeprefix('"').removesuffix('"')
    system = system if system in _SYSTEMS else ""
    is_mobile = mobile.strip() == "?1"
    if not (system or is_mobile):
        return report
    said = report.hints or Hints()
    hints = structs.replace(said, platform=said.platform or system, mobile=said.mobile or is_mobile)
    return structs.replace(report, hints=hints)


def hinted_device(user_agent: str, hints: Hints | None) -> Device:
    """Returns what header and hints tell together; never raises, never takes long."""
    device = device_of(user_agent)
    if hints is None or device.device_class == "bot":
        return device
    if hints.mobile:  # false may also mean that nobody asked
        device = replace(device, device_class="mobile")
    system = _SYSTEMS.get(hints.platform, "")
    if not system or device.system not in ("", system):
        return device
    device = replace(
        device,
        system=system,
        system_version=_version(system, hints.platformVersion) or device.system_version,
    )
    return _with_model(device, user_agent, hints.model) if system == "Android" else device


def _version(system: str, version: str) -> str:
    if system == "Linux" or not _VERSION.fullmatch(version):
        return ""  # Linux has many systems and no version; some browsers send the kernel's
    if system == "Windows":
        return _windows_version(version)
    while version.endswith(".0"):  # "14.0.0" is the "14" of headers
        version = version.removesuffix(".0")
    return version


def _windows_version(version: str) -> str:
    major, _, rest = version.partition(".")
    if int(major) == 0:
        return _WINDOWS_BEFORE_10.get(f"0.{rest.split('.')[0]}", "")
    return "11" if int(major) >= 13 else "10"


def _with_model(device: Device, user_agent: str, model: str) -> Device:
    model = model.strip()[:_MODEL_CHARACTERS]
    if not _is_name(model):
        return device
    if _FROZEN in user_agent:
        return replace(device, device=_named_by_rules(user_agent, model))
    return device if device.device else replace(device, device=model)


def _is_name(model: str) -> bool:
    return bool(model) and model.isascii() and model.isprintable() and ";" not in model


def _named_by_rules(user_agent: str, model: str) -> str:
    """Returns the name that a header not frozen would have led to ("Samsung SM-S918N")."""
    thawed = device_of(user_agent.replace(_FROZEN, f"; Android 10; {model})", 1))
    return model if thawed.device_class == "bot" else thawed.device or model
