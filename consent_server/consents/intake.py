"""One submission: from the bytes of a request to the answer, without any framework."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from consent_server.config import Settings
from consent_server.consents.schemas import decoder
from consent_server.consents.services import ConsentRecorder
from consent_server.sites.directory import SiteDirectory
from consent_server.web.answers import Answer
from consent_server.web.client_address import client_address
from consent_server.web.cors import reading_headers
from consent_server.web.decoding import decode
from consent_server.web.limiter import RateLimiter
from consent_server.web.limits import read_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_HEADERS = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]


@dataclass(frozen=True, slots=True)
class ConsentIntake:
    """Everything that `POST /v1/consents` needs, joined once when the application starts."""

    settings: Settings
    sites: SiteDirectory
    recorder: ConsentRecorder
    limiter: RateLimiter

    def __call__(self, environ: WSGIEnvironment) -> Answer:
        """Records one submission and waits until it is on disk.

        Raises the Problem of the first rule it breaks; then nothing was stored.
        """
        self.limiter.check("address", client_address(environ, self.settings.trusted_proxies))
        submission = decode(read_body(environ, self.settings.body_limit_bytes), decoder)
        origin = environ.get("HTTP_ORIGIN")
        site = self.sites.site_for(submission.site, origin)
        self.limiter.check("site", site.key)
        body = msgspec.json.encode(self.recorder.record(site, submission, environ))
        return Answer(201, _HEADERS + reading_headers(origin), body)
