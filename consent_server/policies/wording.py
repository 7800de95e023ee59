"""The built-in wording, one JSON file per language beside this module.

Korean and English are complete; a site may replace any phrase in its notice.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

import msgspec

BUILT_IN: Final[dict[str, dict[str, Any]]] = {
    language: msgspec.json.decode(
        files("consent_server.policies").joinpath("texts", f"{language}.json").read_bytes()
    )
    for language in ("en", "ko")
}
