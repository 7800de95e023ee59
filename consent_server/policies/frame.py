"""What stands around the text of a notice on its page: facts of the site, not of the notice. Pure.

Frozen with each version, so that it can be shown years later as it looked when the company had
another name. Versions from before this was kept show the present facts.
"""

from __future__ import annotations

import msgspec


class Frame(msgspec.Struct, frozen=True):
    """Who decides, whom to ask, and whether visits are kept."""

    controller: str
    contact: str
    logs_visits: bool


def read_frame(stored: bytes | None, present: Frame) -> Frame:
    """Returns the frame of a version."""
    return present if stored is None else msgspec.json.decode(stored, type=Frame)
