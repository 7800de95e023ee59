"""How often one address, and anyone for one account, may try to sign in.

Counted before a password is hashed, with the counts that all processes share (web.limiter). An
address is the client's as our own proxies vouch for it: a header that a client made up counts for
nothing. An account is counted under a keyed hash of its name, whether it exists or not.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, request

from consent_server.config import Settings
from consent_server.web.client_address import client_address
from consent_server.web.limiter import RateLimiter

_TRIES: Final = frozenset(
    f"security.{name}"
    for name in (
        "login",
        "two_factor_token_validation",
        "mf_recovery",
        "verify",
        "change_password",
    )
) | {
    "invitations.accept_invitation",
    "passkeys.sign_in",
    "passkeys.second",
    "admin.confirm_by_passkey",
}
_NAME_CHARACTERS: Final = 254


def limit_sign_in(app: Flask, settings: Settings, limiter: RateLimiter) -> None:
    """Refuses tries beyond the rates `signin` and `account` with 429."""

    @app.before_request
    def limit() -> None:
        if request.method != "POST" or request.endpoint not in _TRIES:
            return
        limiter.check("signin", client_address(request.environ, settings.trusted_proxies))
        if name := request.form.get("email", "").strip().lower()[:_NAME_CHARACTERS]:
            limiter.check("account", name)
