"""The banner as it stood on the page at an instant, as one script that fetches nothing. Pure.

The code of that release draws the text of that version with the settings of that time. What would
speak to vendors, the page or the service is left out. It is for a frame of no origin (admin.stage).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consent_server.banner.document import composed
from consent_server.banner.parts import FETCHED, Script
from consent_server.banner.schemas import BannerSettings, Mode
from consent_server.banner.shown import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What is shown. notice: everything the version shows in the language; mode: how it asked."""

    script: Script
    notice: dict[str, Any]
    language: str
    version: int
    sha256: str
    settings: BannerSettings
    mode: Mode

    def code(self) -> str:
        """Returns the script, every part in it, as it stands inside a document."""
        shown = Shown(
            notice=self.notice,
            language=self.language,
            settings=_silent(self.settings),
            facts={
                "site": "frozen",
                "version": self.version,
                "sha256": self.sha256,
                "languages": [self.language],
                "days": 1,
                "build": self.script.build,
            },
            policy_url="#",
            mode=self.mode,
            signal=False,
        )
        joined = shown.joined()
        joined += sorted(FETCHED.difference(joined))
        known = [part for part in joined if part in self.script.parts]
        code = composed(self.script, shown, known).decode()
        return code.replace("</script", "<\\/script")


def _silent(settings: BannerSettings) -> BannerSettings:
    """Returns what of the settings is to be seen."""
    return BannerSettings(look=settings.look, modes=settings.modes, google=None, gpc=())
