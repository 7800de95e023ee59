"""The script tag's request: from its headers to finished bytes, found again without any framework.

What is answered depends on the site, what it shows, and a handful of headers; each combination is
built once, as a Flask response, and kept as what goes over the wire. A kept answer holds as long as
the site and what it shows are the same objects in memory, which a change and the day of an
announced version replace.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import Request, Response

from consent_server.banner.document import Ask, BannerDocuments
from consent_server.banner.schemas import BannerSettings
from consent_server.config import Settings
from consent_server.policies.directory import Present
from consent_server.sites.directory import SiteDirectory, SiteEntry
from consent_server.web.answers import Answer
from consent_server.web.conditional import Document
from consent_server.web.country import UNKNOWN, Countries

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_START: Final = len("/embed/")
_END: Final = -len(".js")
_KEPT_ANSWERS: Final = 4096  # about 1 kB each: the bytes of a script are shared (banner.document)
_LONGEST_KEY: Final = 300  # characters of headers and query; browsers send about 100
_TELLING: Final = (
    "QUERY_STRING",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_SEC_GPC",
    "HTTP_DNT",
    "HTTP_IF_NONE_MATCH",
)


@dataclass(frozen=True, slots=True)
class _Kept:
    site: SiteEntry
    present: Present
    answer: Answer


class ScriptIntake:
    """Everything that `GET /embed/<site_key>.js` needs, joined once when the application starts."""

    def __init__(
        self,
        settings: Settings,
        sites: SiteDirectory,
        documents: BannerDocuments,
        countries: Countries,
    ) -> None:
        self._max_age_seconds = settings.embed_max_age_seconds
        self.sites = sites
        self.documents = documents
        self._countries = countries
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()

    def __call__(self, environ: WSGIEnvironment) -> Answer:
        """Returns the script, or 304. Raises SiteUnknown."""
        key = environ["PATH_INFO"][_START:_END]
        site = self.sites.site(key)
        present = self.documents.present(site)
        told = (key, self._country(environ, site), *[environ.get(name, "") for name in _TELLING])
        kept = self._kept.get(told)
        if kept is not None and kept.site is site and kept.present is present:
            return kept.answer
        answer = _finished(self.respond(Request(environ), site), environ)
        if sum(map(len, told)) <= _LONGEST_KEY:
            self._keep(told, _Kept(site, present, answer))
        return answer

    def respond(self, request: Request, site: SiteEntry) -> Response:
        """Builds the answer anew."""
        language = self.wanted_language(request, site)
        document = self.documents.script(site, self.ask(request, site, language))
        return self.by_region(request, site, document)

    def wanted_language(self, request: Request, site: SiteEntry) -> str:
        """Picks by `?lang=`, then by the browser's preferences, then the site's own."""
        languages = self.documents.languages(site)
        asked = request.args.get("lang", "")
        if asked in languages:
            return asked
        return request.accept_languages.best_match(languages) or languages[0]

    def ask(self, request: Request, site: SiteEntry, language: str) -> Ask:
        """Returns what a request adds to the site."""
        chosen = self.documents.settings(site)
        country = self._country(request.environ, site)
        return Ask(language, chosen.modes.mode_in(country), chosen.heeds(request.headers.get))

    def by_region(self, request: Request, site: SiteEntry, document: Document) -> Response:
        """Answers with what must not be kept for people elsewhere, if it depends on the place."""
        chosen = self.documents.settings(site)
        scope = "private" if self._countries.can_tell and chosen.modes.regions else "public"
        caching = self.for_a_while(scope)
        vary = ("Accept-Language", *_signals(chosen))
        return readable_anywhere(document.respond(request, caching, *vary))

    def for_a_while(self, scope: str) -> str:
        """Returns how long an answer may be used unasked, as a Cache-Control header."""
        return f"{scope}, max-age={self._max_age_seconds}"

    def _country(self, environ: WSGIEnvironment, site: SiteEntry) -> str:
        if not self.documents.settings(site).modes.regions:
            return UNKNOWN
        return self._countries.of(environ)

    def _keep(self, told: tuple[str, ...], kept: _Kept) -> None:
        self._kept[told] = kept
        while len(self._kept) > _KEPT_ANSWERS:
            try:
                self._kept.popitem(last=False)
            except KeyError:  # another thread was quicker
                return


def readable_anywhere(response: Response) -> Response:
    """Public and the same for everyone: any page may load it, also with SRI (crossorigin)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _signals(chosen: BannerSettings) -> tuple[str, ...]:
    return ("Sec-GPC", "DNT") if chosen.dnt else ("Sec-GPC",)


def _finished(response: Response, environ: WSGIEnvironment) -> Answer:
    """Returns a response as it goes over the wire: 304 without what describes a body (RFC 9110)."""
    chunks, _, headers = response.get_wsgi_response(environ)
    bare = [(name, value) for name, value in headers if name != "Content-Length"]
    return Answer(response.status_code, bare, b"".join(chunks))
