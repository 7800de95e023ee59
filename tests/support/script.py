"""What a script says of the site whose page it stands on."""

from __future__ import annotations

import json
from typing import Any

# How the built code ends and its configuration begins, whatever names it first.
_BEGIN = '})({"'


def config_in(script: bytes) -> dict[str, Any]:
    """Return the configuration that closes a script; ValueError when it has none."""
    text = script.decode()
    config: dict[str, Any]
    config, _ = json.JSONDecoder().raw_decode(text, text.rindex(_BEGIN) + len(_BEGIN) - 2)
    return config
