"""Who is looking: a cookie that holds the visitor token and nothing else.

It belongs to the service's own origin and to the page of one site, is set only by a decision or
by a link or form that carries a token, and is never sent along by other sites' forms
(SameSite=Lax). That of the page "my data" is another one and ends with the browser session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Response, request, url_for

from consent_server.config import Settings

COOKIE: Final = "cs_visitor"
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class VisitorCookie:
    """The cookie of one site's page. path: of that page. max_age_seconds: None: a session."""

    path: str
    is_secure: bool
    max_age_seconds: int | None

    @classmethod
    def of(cls, settings: Settings, site_key: str) -> VisitorCookie:
        """It lives as long as a choice does."""
        return cls(
            path=url_for("subjects.show_preferences", site_key=site_key),
            is_secure=settings.public_url.startswith("https://"),
            max_age_seconds=settings.choice_days * _DAY_SECONDS,
        )

    @classmethod
    def of_my_data(cls, settings: Settings, site_key: str) -> VisitorCookie:
        """It ends with the browser session: behind it stand addresses and pages visited."""
        return cls(
            path=url_for("my_data.show", site_key=site_key),
            is_secure=settings.public_url.startswith("https://"),
            max_age_seconds=None,
        )

    def read(self) -> str | None:
        """Returns the token that the browser sent, not yet verified."""
        return request.cookies.get(COOKIE)

    def keep(self, response: Response, token: str) -> None:
        """Lets the browser remember a visitor."""
        self._set(response, token, self.max_age_seconds)

    def forget(self, response: Response) -> None:
        """Takes the cookie back."""
        self._set(response, "", 0)

    def _set(self, response: Response, value: str, max_age_seconds: int | None) -> None:
        response.set_cookie(
            COOKIE,
            value,
            max_age=max_age_seconds,
            path=self.path,
            secure=self.is_secure,
            httponly=True,
            samesite="Lax",
        )
