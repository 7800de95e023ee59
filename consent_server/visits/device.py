"""What a user-agent header says about the device; parsed once, the header itself is not kept.

The only module that touches `user-agents` (last released in 2020). Hostile headers of any length
are cut before parsing; repeated ones are answered from a bounded cache in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

DeviceClass = Literal["pc", "mobile", "tablet", "bot", "other"]
DEVICE_CLASSES: Final[tuple[DeviceClass, ...]] = ("pc", "mobile", "tablet", "bot", "other")

_HEADER_CHARACTERS = 512  # real headers have 80 to 300; the parser's time grows with length
_CACHE_ENTRIES = 4096


@dataclass(frozen=True, slots=True)
class Device:
    """Families and versions as `user-agents` names them; "" where unknown."""

    device_class: DeviceClass
    browser: str = ""
    browser_version: str = ""
    system: str = ""
    system_version: str = ""
    device: str = ""


def device_of(user_agent: str) -> Device:
    """Returns what a user-agent header tells; never raises, never takes long."""
    return _parsed(user_agent[:_HEADER_CHARACTERS])


@lru_cache(maxsize=_CACHE_ENTRIES)
def _parsed(user_agent: str) -> Device:
    # imported at first use: its tables take 0.3 s to load, which commands need not pay
    from user_agents.parsers import parse

    agent = parse(user_agent)
    return Device(
        device_class=_class_of(agent),
        browser=_known(agent.browser.family),
        browser_version=agent.browser.version_string,
        system=_known(agent.os.family),
        system_version=agent.os.version_string,
        device=_known(agent.device.family),
    )


_QUESTIONS: Final[tuple[DeviceClass, ...]] = ("bot", "tablet", "mobile", "pc")


def _class_of(agent: object) -> DeviceClass:
    for name in _QUESTIONS:
        if getattr(agent, f"is_{name}"):
            return name
    return "other"


def _known(family: str) -> str:
    return "" if family == "Other" else family
