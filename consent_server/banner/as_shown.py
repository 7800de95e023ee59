"""The banner as it stood on the page at an instant, as one document that does nothing but show it.

The code of that release draws the text of that version with the settings of that time. What would
speak to vendors, the page or the service is left out. The document runs in a frame of no origin
(CSP `sandbox`): no cookie, no storage, no request reaches anything, so a click decides nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template

from consent_server.banner.document import for_script
from consent_server.banner.parts import FETCHED, Script
from consent_server.banner.schemas import BannerSettings, Mode
from consent_server.banner.shown import Shown
from consent_server.web.headers import stage_policy


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
        parts = ",".join(f"function(require){{{self.script.parts[part]}}}" for part in known)
        code = (
            f"(function(__CONSENT_CONFIG__,__CONSENT_PARTS__){{{self.script.core}}})"
            f"({for_script(shown.at_start(known))},[{parts}]);"
        )
        return code.replace("</script", "<\\/script")


def frozen_page(frozen: Frozen) -> Response:
    """Returns the document for the frame."""
    nonce = secrets.token_urlsafe(16)
    page = render_template(
        "admin/frozen.html", language=frozen.language, code=frozen.code(), nonce=nonce
    )
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = stage_policy(nonce)
    return response


def _silent(settings: BannerSettings) -> BannerSettings:
    """Returns what of the settings is to be seen."""
    return BannerSettings(look=settings.look, modes=settings.modes, google=None, gpc=())
