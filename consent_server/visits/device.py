"""What a user-agent header says about the device; parsed once, the header itself is not kept.

Only this module and `matcher` touch `user-agents` (last released in 2020). Hostile headers of any
length are cut before parsing; repeated ones are answered from a bounded cache in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from user_agents.parsers import UserAgent

DeviceClass = Literal["pc", "mobile", "tablet", "bot", "other"]
DEVICE_CLASSES: Final[tuple[DeviceClass, ...]] = ("pc", "mobile", "tablet", "bot", "other")

HEADER_CHARACTERS: Final = 512  # real headers have 80 to 300
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
    return _parsed(user_agent[:HEADER_CHARACTERS])


def warm() -> None:
    """Loads the matcher (0.3 s), so that the first visit after a start does not wait for it."""
    device_of("")


@lru_cache(maxsize=_CACHE_ENTRIES)
def _parsed(user_agent: str) -> Device:
    # imported at first use: loading it takes 0.3 s and 30 MiB, which commands need not pay
    from consent_server.visits.matcher import agent_of

    return summary(agent_of(user_agent))


def summary(agent: UserAgent) -> Device:
    """Returns what is kept of a `user_agents` object."""
    return Device(
        device_class=_class_of(agent),
        browser=_known(agent.browser.family),
        browser_version=agent.browser.version_string,
        system=_known(agent.os.family),
        system_version=agent.os.version_string,
        device=_known(agent.device.family),
    )


def _class_of(agent: UserAgent) -> DeviceClass:
    if agent.is_bot:
        return "bot"
    if agent.is_tablet:
        return "tablet"
    if agent.is_mobile:
        return "mobile"
    return "pc" if agent.is_pc else "other"


def _known(family: str) -> str:
    return "" if family == "Other" else family
