"""Headers of every server page: a strict content security policy and no leaks.

No inline script, no inline style, nothing from elsewhere. The console and the preference centre
are never cached and never stand in a frame; the demo's product pages have frames and send records.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from consent_server.config import Settings

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; "
)
_SEALED_POLICY: Final = _POLICY + "frame-ancestors 'none'"
_PAGE_POLICY: Final = _POLICY + "connect-src 'self'; frame-src 'self'; frame-ancestors 'self'"
WORKSHOP_POLICY: Final = _POLICY + "connect-src 'self'; frame-src 'self'; frame-ancestors 'none'"
"""Of a page of the console that shows another one in a frame."""
_SEALED: Final = ("/admin", "/preferences/")  # pages that change with who is looking
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_ON_PAGES: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
_ONE_YEAR_SECONDS: Final = 31_536_000


def of_every_answer(settings: Settings) -> dict[str, str]:
    """Returns the headers that no answer is without."""
    if not settings.public_url.startswith("https://"):
        return dict(_ALWAYS)
    return {**_ALWAYS, "Strict-Transport-Security": f"max-age={_ONE_YEAR_SECONDS}"}


def stage_policy(nonce: str) -> str:
    """Returns the policy of a document that shows something for a look in a frame of ours.

    It is of no origin (`sandbox`), so it reaches no cookie, no storage and no page around it; it
    sends nothing anywhere, and runs only what carries the nonce.
    """
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-scripts"
    )


def init_app(app: Flask, settings: Settings) -> None:
    """Adds the headers to every answer."""
    always = of_every_answer(settings)

    @app.after_request
    def add_headers(response: Response) -> Response:
        is_sealed = request.path.startswith(_SEALED)
        headers = dict(always)
        if response.mimetype == "text/html":
            policy = _SEALED_POLICY if is_sealed else _PAGE_POLICY
            headers |= _ON_PAGES | {"Content-Security-Policy": policy}
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if is_sealed:
            response.headers["Cache-Control"] = "no-store"  # whatever a library said
        return response
