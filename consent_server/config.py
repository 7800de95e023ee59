"""Settings: what an operator may turn, read once from `CONSENT_*` environment variables.

Each setting has a default that is safe for one machine, a unit and a reason; `consent-server
doctor` prints them all. With nothing set, everything lives under `CONSENT_HOME`. In production
mode a missing or placeholder secret stops the start. Nothing else in the program reads the
environment.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from consent_server.config_rules import POSTGRES, check, check_databases, variable_of
from consent_server.errors import ConfigError
from consent_server.periods import RetentionPeriod
from consent_server.rates import DEFAULT, Rates, parse_rates

_SWITCH = {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}


def _setting(default: Any, reason: str, *, unit: str = "", secret: bool = False) -> Any:
    return field(default=default, metadata={"reason": reason, "unit": unit, "secret": secret})


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
    count_devices: bool = _setting(
        True, "count decisions by class of device and, where it is known, by country: in fives, "
        "nothing on any record; off = neither is looked at", unit="on/off",
    )  # fmt: skip
    access_log_months: int = _setting(
        12, "entries of the console's access log are gone so many calendar months after the end of "
        "theirs; 24 for 50,000 persons or more, for unique identifiers or sensitive data, and for "
        "telecommunications operators with lines of their own (safety standard art. 8(1))",
        unit="months",
    )  # fmt: skip
    log_review_days: int = _setting(
        10, "a month of the access log is reviewed and signed within this many days after its end "
        "(safety standard art. 8(2): at least monthly, or as your internal plan says); then it is "
        "overdue on the overview and in /metrics", unit="days",
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
    export_link_hours: int = _setting(
        24, "a file that was exported in the background waits here so long to be fetched, then it "
        "is destroyed; sooner if the copy must be",
        unit="hours",
    )  # fmt: skip
    exports_dir: Path = _setting(
        Path(), "folder of exported files, the same on every node: in the background (sealed), and "
        "scheduled ones in folders below it; empty = exports under home", unit="path",
    )  # fmt: skip
    s3_endpoint: str = _setting(
        "", "server of the buckets for scheduled exports, such as https://s3.example.com; empty = "
        "Amazon's", unit="URL",
    )  # fmt: skip
    s3_region: str = _setting("us-east-1", "region of the buckets", unit="region")
    s3_access_key: str = _setting(
        "", "access key of the buckets; needs consent-server[s3]. Kept nowhere else", secret=True
    )
    s3_secret_key: str = _setting("", "secret key of the buckets", secret=True)
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
    gpc_statement: bool = _setting(
        True, "/.well-known/gpc.json says that Global Privacy Control is followed; off where your "
        "sites' banners let it refuse nothing", unit="on/off",
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
            if (raw := environ.get(variable_of(f.name), "")) != ""
        }
        return cls(**values)._completed()

    def _completed(self) -> Settings:
        check(self)
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
                "exports_dir": home / "exports"
                if self.exports_dir == Path()
                else self.exports_dir.absolute(),
                "secret_key": self.secret_key or _kept_secret(self, home),
                "public_url": self.public_url.rstrip("/"),
            }
        )
        check_databases(completed)
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
            variable=variable_of(f.name),
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
        raise ConfigError(f"{variable_of(name)}={raw!r} cannot be used: see its unit.") from error


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
            return POSTGRES + url.removeprefix(prefix)
    return url
