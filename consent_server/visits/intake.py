"""One page view: from the bytes of a request to the answer, without any framework."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent_server import clock
from consent_server.config import Settings
from consent_server.sites.directory import SiteDirectory, SiteEntry
from consent_server.visits.hints import with_headers
from consent_server.visits.recorder import VisitRecorder
from consent_server.visits.schemas import VisitReport, decoder
from consent_server.web.answers import Answer
from consent_server.web.client_address import client_address
from consent_server.web.cors import reading_headers
from consent_server.web.country import Countries
from consent_server.web.decoding import decode
from consent_server.web.limiter import RateLimiter
from consent_server.web.limits import read_body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True, slots=True)
class VisitIntake:
    """Everything that `POST /v1/visits` needs, joined once when the application starts.

    has_granted: whether whoever holds a visitor token has granted a purpose on a site; asked only
    where visits are recorded by consent.
    """

    settings: Settings
    sites: SiteDirectory
    recorder: VisitRecorder
    limiter: RateLimiter
    has_granted: Callable[[SiteEntry, str, str], bool]
    countries: Countries

    def __call__(self, environ: WSGIEnvironment) -> Answer:
        """Records one visit, if the site keeps a log, and waits until it is on disk.

        Raises the Problem of the first rule it breaks; then nothing was stored.
        """
        address = client_address(environ, self.settings.trusted_proxies)
        self.limiter.check("address", address)
        report = decode(read_body(environ, self.settings.body_limit_bytes), decoder)
        origin = environ.get("HTTP_ORIGIN")
        site = self.sites.site_for(report.site, origin)
        self.limiter.check("site", site.key)
        began_at = clock.now()  # before the look: a withdrawal after it erases what is of before
        if self._may_record(site, report):
            hinted = with_headers(
                report,
                environ.get("HTTP_SEC_CH_UA_MOBILE", ""),
                environ.get("HTTP_SEC_CH_UA_PLATFORM", ""),
            )
            agent = environ.get("HTTP_USER_AGENT", "")
            country = self.countries.of(environ)
            self.recorder.record(site, hinted, address, agent, began_at, country)
        return Answer(204, reading_headers(origin))

    def _may_record(self, site: SiteEntry, report: VisitReport) -> bool:
        """By consent, a visit without a visitor's token is nobody's who could have granted it."""
        if site.visit_basis != "consent":
            return site.logs_visits
        return bool(report.visitor) and self.has_granted(
            site, report.visitor or "", site.visit_purpose
        )
