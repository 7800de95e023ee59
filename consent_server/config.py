"""Settings: what an operator may turn, read once from `CONSENT_*` environment variables.

Each setting has a default that is safe for one machine, a unit and a reason; `consent-server
doctor` prints them all. With nothing set, everything lives under `CONSENT_HOME`. In production
mode a missing or placeholder secret stops the start. Nothing else in the program reads the
environment.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from consent_server.errors import ConfigError
from consent_server.periods import RetentionPeriod
from consent_server.rates import DEFAULT, Rates, parse_rates

_SWITCH = {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}
# words so long that no random secret holds one by chance; short ones fail by their few characters
_PLACEHOLDERS = ("change", "secret", "placeholder", "example", "password", "replace", "your-key")
_POSTGRES = "postgresql+psycopg://"
_ENGINES = ("sqlite:///", _POSTGRES)
_SECRET_CHARACTERS = 32  # 256 bits when made by `secrets.token_urlsafe(32)`, 43 characters
_MAKE_SECRET = 'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


def _setting(default: Any, reason: str, *, unit: str = "", secret: bool = False) -> Any:
    return field(default=default, metadata={"reason": reason, "unit": unit, "secret": secret})


_LEAST: Final = {
    "visit_months": 1,
    "operating_days": 1,
    "least_visitors": 5,
    "access_log_months": 12,
    "consent_months": 0,
    "export_days": 1,
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
_MOST: Final = {"operating_days": 60}
_CHOICES: Final = {
    "mode": ("standalone", "production"),
    "metrics": ("local", "off", "on"),
    "second_factor": ("in_production", "personal", "all", "off"),
    "log_level": ("debug", "info", "warning", "error"),
    "log_format": ("auto", "json", "text"),
}
_BREACHED_LINE_BEGINS = 41  # bytes: a SHA-1 in hexadecimal and a colon
_TOKEN_CHARACTERS = 16  # of CONSENT_METRICS_TOKEN; it opens counts, not records


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one process; the variable of `home` is `CONSENT_HOME`, and so on."""

    mode: Literal["standalone", "production"] = _setting(
        "standalone", "production refuses to start without an explicit CONSENT_SECRET_KEY"
    )
    home: Path = _setting(
        Path("instance"), "folder of databases, keys and the generated secret", unit="path"
    )
    database_url: str = _setting(
        "", "main database; empty = SQLite file consent.db under home", unit="URL", secret=True
    )
    archive_database_url: str = _setting(
        "", "separate database for archived visits; empty = SQLite file archive.db", unit="URL",
        secret=True,
    )  # fmt: skip
    replica_database_url: str = _setting(
        "", "read replica of the main database for the console's lists and for exports; empty, or "
        "while it is away: the main one", unit="URL", secret=True,
    )  # fmt: skip
    keys_dir: Path = _setting(
        Path(), "key ring, outside every database and backup; empty = keys under home", unit="path"
    )
    keys_snapshots_off: bool = _setting(
        False, "say on once no snapshots and no dated backups are made of the volume of the key "
        "ring: one of before a destruction brings keys back; until then doctor warns",
        unit="on/off",
    )  # fmt: skip
    secret_key: str = _setting(
        "", "signs tokens, receipts and sessions; empty = generated under home", secret=True
    )
    public_url: str = _setting(
        "http://127.0.0.1:8000", "address under which browsers reach this service", unit="URL"
    )
    trusted_proxies: int = _setting(
        0, "how many proxies of yours append to X-Forwarded-For; 0 ignores the header", unit="hops"
    )
    zone: str = _setting("Asia/Seoul", "zone whose midnights end retention periods", unit="IANA")
    visit_months: int = _setting(
        3, "visit records are gone after this many calendar months", unit="months"
    )
    operating_days: int = _setting(
        7, "visits stay in the main database for so many calendar days; then, once counted, they "
        "move to the archive", unit="days",
    )  # fmt: skip
    least_visitors: int = _setting(
        5, "statistics show no number about fewer visitors of one site and day", unit="visitors"
    )
    access_log_months: int = _setting(
        12, "entries of the console's access log are gone after this many calendar months; 24 for "
        "50,000 persons or more (safety standard art. 8)",
        unit="months",
    )  # fmt: skip
    consent_months: int = _setting(
        0, "consent records are gone this many calendar months after a later decision replaced "
        "them or their validity ended; 0 = kept while they prove a choice",
        unit="months",
    )  # fmt: skip
    export_days: int = _setting(
        30, "a copy that was exported must be destroyed after this many days; of visits when the "
        "first of them is gone, if that is sooner",
        unit="days",
    )  # fmt: skip
    choice_days: int = _setting(
        182, "a choice is kept this long, refusals as long as grants (CNIL: six months)",
        unit="days",
    )  # fmt: skip
    policy_notice_days: int = _setting(
        7, "a changed notice is announced at least this long before its day, the day of the "
        "announcement counted (the founding policy); 8 = clear days", unit="days",
    )  # fmt: skip
    body_limit_bytes: int = _setting(
        16_384, "largest accepted request body on /v1; a full submission has about 1 kB",
        unit="bytes",
    )  # fmt: skip
    database_timeout_seconds: float = _setting(
        5.0, "how long a write waits for a locked or absent database before it answers 503",
        unit="seconds",
    )  # fmt: skip
    database_statement_seconds: float = _setting(
        60.0, "PostgreSQL ends a statement that takes longer; the longest is one page of an export",
        unit="seconds",
    )  # fmt: skip
    database_pool_size: int = _setting(
        5, "connections that a worker keeps open to each PostgreSQL database; in a rush up to 12 "
        "(the writer, the jobs, ten requests that read; others wait)", unit="connections",
    )  # fmt: skip
    database_pooler: bool = _setting(
        False, "on behind a pooler in transaction mode (pgbouncer): limits are set in each "
        "transaction instead of at connect, nothing is prepared by name", unit="on/off",
    )  # fmt: skip
    one_core: bool = _setting(
        True, "on SQLite, keep the threads that answer requests on one core: half as many records "
        "more a second; off where other programs are bound to the same core", unit="on/off",
    )  # fmt: skip
    queue_limit: int = _setting(
        10_000, "records that may wait for the writer; above it requests get 503", unit="records"
    )
    rate_limits: str = _setting(
        DEFAULT,
        "what is taken from one address (an office behind one address is many people), for one "
        "site (so none takes the whole service), pages looked up by one address, tries to sign in "
        "from one address and for one account; what is not named is not limited; `off` for load "
        "tests",
        unit="rates",
    )
    second_factor: Literal["in_production", "personal", "all", "off"] = _setting(
        "in_production", "who must have an authenticator app or a passkey: personal = operators "
        "who see personal data; in_production = these, and nobody in development mode; off only "
        "where nobody but you reaches the console",
        unit="in_production/personal/all/off",
    )  # fmt: skip
    password_days: int = _setting(
        180, "operators who see personal data renew their password after this long (twice a year, "
        "as Korean practice has it); 0 = never", unit="days",
    )  # fmt: skip
    breached_passwords: str = _setting(
        "", "file of breached passwords that no operator may choose (Have I Been Pwned, SHA-1 "
        "ordered by hash); looked through offline. Empty = only the 30,000 most used ones",
        unit="path",
    )  # fmt: skip
    training_days: int = _setting(
        0, "operators who see personal data whose last training is older are refused it (PIPA "
        "art. 28); 0 = only shown", unit="days",
    )  # fmt: skip
    country_header: str = _setting(
        "", "header in which your proxy names the visitor's country (CF-IPCountry); it must "
        "overwrite what clients send. Where no country is known the strictest mode holds",
        unit="header",
    )  # fmt: skip
    country_database: str = _setting(
        "", "MaxMind DB file (.mmdb) of this machine that tells the country of an address when "
        "the header does not; read anew within a minute after it was replaced",
        unit="path",
    )  # fmt: skip
    embed_max_age_seconds: int = _setting(
        300, "how long browsers may use the script without asking again", unit="seconds"
    )
    scheduler: bool = _setting(
        False,
        "run the jobs in this process; `consent-server serve` turns it on unless told otherwise",
        unit="on/off",
    )
    retention_interval_seconds: int = _setting(
        60, "how often the scheduler looks for expired records", unit="seconds"
    )
    metrics: Literal["local", "off", "on"] = _setting(
        "local", "who may read /metrics: local = programs of this machine or private network that "
        "came past no proxy; on = anyone",
        unit="local/off/on",
    )  # fmt: skip
    metrics_token: str = _setting(
        "", "with it set, /metrics is for whoever sends `Authorization: Bearer TOKEN`, from "
        "anywhere, and for nobody else",
        secret=True,
    )  # fmt: skip
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "least level that is logged, on stderr", unit="debug/info/warning/error"
    )
    log_format: Literal["auto", "json", "text"] = _setting(
        "auto", "auto = readable lines on a terminal, else JSON", unit="auto/json/text"
    )
    access_log: bool = _setting(
        False, "log every request: id, route, method, status, duration; never who sent it",
        unit="on/off",
    )  # fmt: skip
    slow_seconds: float = _setting(1.0, "requests that took longer are logged", unit="seconds")
    disk_free_mib: int = _setting(
        512, "with less room where databases or keys lie, /readyz says degraded", unit="MiB"
    )
    otlp_endpoint: str = _setting(
        "", "traces go to this OpenTelemetry collector (http://collector:4318); needs "
        "consent-server[otel]. Empty = none",
        unit="URL",
    )  # fmt: skip

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Reads the settings, makes the home folder and the secret if needed.

        Raises ConfigError, with one line that says what to set, when a value cannot be used.
        """
        environ = os.environ if environ is None else environ
        values = {
            f.name: _parse(f.name, raw, f.default)
            for f in fields(cls)
            if (raw := environ.get(_variable(f.name), "")) != ""
        }
        return cls(**values)._completed()

    def _completed(self) -> Settings:
        _check(self)
        home = self.home.absolute()
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigError(f"CONSENT_HOME: cannot use {home}: {error.strerror}") from error
        completed = Settings(
            **{f.name: getattr(self, f.name) for f in fields(self)}
            | {
                "home": home,
                "database_url": _driver(self.database_url) or f"sqlite:///{home / 'consent.db'}",
                "archive_database_url": _driver(self.archive_database_url)
                or f"sqlite:///{home / 'archive.db'}",
                "replica_database_url": _driver(self.replica_database_url),
                "keys_dir": home / "keys" if self.keys_dir == Path() else self.keys_dir.absolute(),
                "secret_key": self.secret_key or _kept_secret(self, home),
                "public_url": self.public_url.rstrip("/"),
            }
        )
        _check_databases(completed)
        return completed

    @property
    def visit_period(self) -> RetentionPeriod:
        """How long visit records are kept."""
        return RetentionPeriod(months=self.visit_months, zone=ZoneInfo(self.zone))

    @property
    def rates(self) -> Rates:
        """How many requests are taken."""
        return parse_rates(self.rate_limits)

    @property
    def second_factor_policy(self) -> Literal["personal", "all", "off"]:
        """Who must have a second factor in the present mode."""
        if self.second_factor == "in_production":
            return "personal" if self.is_production else "off"
        return self.second_factor

    @property
    def is_production(self) -> bool:
        """Whether the strict start-up rules hold."""
        return self.mode == "production"


@dataclass(frozen=True, slots=True)
class Described:
    """A setting for a reader: secrets are hidden, an empty default is explained by the reason."""

    variable: str
    value: str
    default: str
    unit: str
    reason: str


def describe(settings: Settings) -> list[Described]:
    """Returns every setting, in the order in which they are written down here."""
    return [
        Described(
            variable=_variable(f.name),
            value="(set, not shown)" if f.metadata["secret"] else _shown(getattr(settings, f.name)),
            default="" if f.default == Path() else _shown(f.default),
            unit=f.metadata["unit"],
            reason=f.metadata["reason"],
        )
        for f in fields(Settings)
    ]


def _shown(value: object) -> str:
    """Returns a value as the environment would say it."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _variable(name: str) -> str:
    return f"CONSENT_{name.upper()}"


def _parse(name: str, raw: str, default: object) -> Any:
    """Returns a variable's text as the type of the default. Raises ConfigError."""
    try:
        match default:
            case bool():
                return _SWITCH[raw.lower()]
            case int():
                return int(raw)
            case float():
                return float(raw)
            case Path():
                return Path(raw)
            case _:
                return raw
    except (ValueError, KeyError) as error:
        raise ConfigError(f"{_variable(name)}={raw!r} cannot be used: see its unit.") from error


def _check(settings: Settings) -> None:
    for name, known in _CHOICES.items():
        if (value := getattr(settings, name)) not in known:
            raise ConfigError(f"{_variable(name)}={value!r}: use {' or '.join(known)}.")
    if settings.metrics_token and len(settings.metrics_token) < _TOKEN_CHARACTERS:
        raise ConfigError(f"CONSENT_METRICS_TOKEN is too short; {_MAKE_SECRET}")
    _check_endpoint(settings.otlp_endpoint)
    try:
        ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"CONSENT_ZONE={settings.zone!r} is not a known time zone.") from error
    for name, least in _LEAST.items():
        if not getattr(settings, name) >= least:  # so written, "not a number" is refused too
            raise ConfigError(f"{_variable(name)} must be at least {least}.")
    for name, most in _MOST.items():
        if getattr(settings, name) > most:
            raise ConfigError(f"{_variable(name)} must be at most {most}.")
    _check_public_url(settings.public_url)
    _check_breached(settings.breached_passwords)
    _check_rates(settings.rate_limits)
    if settings.is_production:
        _check_secret(settings.secret_key)
    elif settings.secret_key and len(settings.secret_key) < _SECRET_CHARACTERS:
        raise ConfigError(f"CONSENT_SECRET_KEY is too short; {_MAKE_SECRET}")


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


def _check_endpoint(text: str) -> None:
    if text and not text.startswith(("http://", "https://")):
        raise ConfigError(f"CONSENT_OTLP_ENDPOINT={text!r}: use an address like http://host:4318.")


def _check_rates(text: str) -> None:
    try:
        parse_rates(text)
    except ValueError as error:
        raise ConfigError(f"CONSENT_RATE_LIMITS: {error}.") from error


def _check_databases(settings: Settings) -> None:
    """Refuses what no driver of ours reads, and one database for what must be kept apart."""
    for name in ("database_url", "archive_database_url"):
        if not getattr(settings, name).startswith(_ENGINES):
            raise ConfigError(f"{_variable(name)}: use postgresql://... or sqlite:///...")
    if settings.database_url == settings.archive_database_url:
        raise ConfigError(
            "CONSENT_ARCHIVE_DATABASE_URL must name another database than CONSENT_DATABASE_URL."
        )
    _check_replica(settings)


def _check_replica(settings: Settings) -> None:
    urls = settings.replica_database_url, settings.database_url
    if urls[0] and not all(url.startswith(_POSTGRES) for url in urls):
        raise ConfigError("CONSENT_REPLICA_DATABASE_URL: both it and the main one are PostgreSQL.")


def _check_secret(secret: str) -> None:
    if not secret:
        raise ConfigError(f"CONSENT_SECRET_KEY is not set; {_MAKE_SECRET}")
    is_placeholder = any(word in secret.lower() for word in _PLACEHOLDERS)
    if is_placeholder or len(secret) < _SECRET_CHARACTERS or len(set(secret)) < 10:
        raise ConfigError(f"CONSENT_SECRET_KEY is a placeholder or too short; {_MAKE_SECRET}")


def _kept_secret(settings: Settings, home: Path) -> str:
    """Returns the generated secret of this home, made on the first start (mode 0600)."""
    path = home / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"CONSENT_HOME: cannot write {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


def _driver(url: str) -> str:
    """Names psycopg explicitly, so that plain `postgresql://` and `postgres://` URLs work."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return _POSTGRES + url.removeprefix(prefix)
    return url
