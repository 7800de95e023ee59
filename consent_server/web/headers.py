"""Headers of every server page: a strict content security policy and no leaks.

No inline script, no inline style, nothing from elsewhere. The console is never cached.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from consent_server.config import Settings

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_ON_PAGES: Final = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
_ONE_YEAR_SECONDS: Final = 31_536_000


def init_app(app: Flask, settings: Settings) -> None:
    """Adds the headers to every answer."""
    is_secure = settings.public_url.startswith("https://")

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = dict(_ALWAYS)
        if response.mimetype == "text/html":
            headers |= _ON_PAGES
        if is_secure:
            headers["Strict-Transport-Security"] = f"max-age={_ONE_YEAR_SECONDS}"
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/admin"):
            response.headers["Cache-Control"] = "no-store"  # whatever a library said
        return response
