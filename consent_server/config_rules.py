"""Which values settings may have; what cannot be used is one line that says what to set.

`check` looks at what was set, `check_databases` at the addresses that the home folder completes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from consent_server.errors import ConfigError
from consent_server.rates import parse_rates

if TYPE_CHECKING:
    from consent_server.config import Settings

# words so long that no random secret holds one by chance; short ones fail by their few characters
_PLACEHOLDERS = ("change", "secret", "placeholder", "example", "password", "replace", "your-key")
POSTGRES = "postgresql+psycopg://"
_ENGINES = ("sqlite:///", POSTGRES)
_SECRET_CHARACTERS = 32  # 256 bits when made by `secrets.token_urlsafe(32)`, 43 characters
_MAKE_SECRET = 'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
_BREACHED_LINE_BEGINS = 41  # bytes: a SHA-1 in hexadecimal and a colon
_LEAST: Final = {
    "visit_months": 1,
    "operating_days": 1,
    "least_visitors": 5,
    "access_log_months": 12,
    "log_review_days": 1,
    "consent_months": 0,
    "export_days": 1,
    "export_link_hours": 1,
    "choice_days": 7,
    "policy_notice_days": 7,
    "queue_limit": 1,
    "body_limit_bytes": 1,
    "retention_interval_seconds": 1,
    "embed_max_age_seconds": 0,
    "trusted_proxies": 0,
    "database_timeout_seconds": 0.1,
    "disk_free_mib": 1,
    "slow_seconds": 0.001,
    "database_statement_seconds": 1,
    "database_pool_size": 1,
    "password_days": 0,
    "training_days": 0,
}
_MOST: Final = {"operating_days": 60, "log_review_days": 90}
_CHOICES: Final = {
    "mode": ("standalone", "production"),
    "metrics": ("local", "off", "on"),
    "second_factor": ("in_production", "personal", "all", "off"),
    "log_level": ("debug", "info", "warning", "error"),
    "log_format": ("auto", "json", "text"),
}
_TOKEN_CHARACTERS = 16  # of CONSENT_METRICS_TOKEN; it opens counts, not records


def variable_of(name: str) -> str:
    """Returns the environment variable of a setting."""
    return f"CONSENT_{name.upper()}"


def check(settings: Settings) -> None:
    """Refuses what is out of bounds, unknown or unsafe. Raises ConfigError."""
    for name, known in _CHOICES.items():
        if (value := getattr(settings, name)) not in known:
            raise ConfigError(f"{variable_of(name)}={value!r}: use {' or '.join(known)}.")
    if settings.metrics_token and len(settings.metrics_token) < _TOKEN_CHARACTERS:
        raise ConfigError(f"CONSENT_METRICS_TOKEN is too short; {_MAKE_SECRET}")
    _check_endpoint("otlp_endpoint", settings.otlp_endpoint)
    _check_endpoint("s3_endpoint", settings.s3_endpoint)
    try:
        ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"CONSENT_ZONE={settings.zone!r} is not a known time zone.") from error
    for name, least in _LEAST.items():
        if not getattr(settings, name) >= least:  # so written, "not a number" is refused too
            raise ConfigError(f"{variable_of(name)} must be at least {least}.")
    for name, most in _MOST.items():
        if getattr(settings, name) > most:
            raise ConfigError(f"{variable_of(name)} must be at most {most}.")
    _check_public_url(settings.public_url)
    _check_breached(settings.breached_passwords)
    _check_rates(settings.rate_limits)
    if settings.is_production:
        _check_secret(settings.secret_key)
    elif settings.secret_key and len(settings.secret_key) < _SECRET_CHARACTERS:
        raise ConfigError(f"CONSENT_SECRET_KEY is too short; {_MAKE_SECRET}")


def check_databases(settings: Settings) -> None:
    """Refuses what no driver of ours reads, and one database for what must be kept apart."""
    for name in ("database_url", "archive_database_url"):
        if not getattr(settings, name).startswith(_ENGINES):
            raise ConfigError(f"{variable_of(name)}: use postgresql://... or sqlite:///...")
    if settings.database_url == settings.archive_database_url:
        raise ConfigError(
            "CONSENT_ARCHIVE_DATABASE_URL must name another database than CONSENT_DATABASE_URL."
        )
    _check_replica(settings)


def _check_public_url(text: str) -> None:
    try:
        url = urlsplit(text)
        is_address = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_address = False
    if not is_address or "?" in text or "#" in text:
        raise ConfigError(f"CONSENT_PUBLIC_URL={text!r}: use an address like https://host[:port].")


def _check_breached(path: str) -> None:
    if not path:
        return
    try:
        with Path(path).open("rb") as file:
            begins = file.read(_BREACHED_LINE_BEGINS)
    except OSError as error:
        raise ConfigError(f"CONSENT_BREACHED_PASSWORDS={path!r}: {error.strerror}.") from error
    if not re.fullmatch(rb"[0-9A-Fa-f]{40}:", begins):
        raise ConfigError(
            f"CONSENT_BREACHED_PASSWORDS={path!r}: no line HASH:count is first; use the list that "
            "is ordered by hash."
        )


def _check_endpoint(name: str, text: str) -> None:
    if text and not text.startswith(("http://", "https://")):
        raise ConfigError(f"{variable_of(name)}={text!r}: use an address like http://host:4318.")


def _check_rates(text: str) -> None:
    try:
        parse_rates(text)
    except ValueError as error:
        raise ConfigError(f"CONSENT_RATE_LIMITS: {error}.") from error


def _check_replica(settings: Settings) -> None:
    urls = settings.replica_database_url, settings.database_url
    if urls[0] and not all(url.startswith(POSTGRES) for url in urls):
        raise ConfigError("CONSENT_REPLICA_DATABASE_URL: both it and the main one are PostgreSQL.")


def _check_secret(secret: str) -> None:
    if not secret:
        raise ConfigError(f"CONSENT_SECRET_KEY is not set; {_MAKE_SECRET}")
    is_placeholder = any(word in secret.lower() for word in _PLACEHOLDERS)
    if is_placeholder or len(secret) < _SECRET_CHARACTERS or len(set(secret)) < 10:
        raise ConfigError(f"CONSENT_SECRET_KEY is a placeholder or too short; {_MAKE_SECRET}")
