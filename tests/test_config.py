"""Settings: safe with nothing set, strict in production, clear when refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from consent_server.config import Settings, describe
from consent_server.errors import ConfigError

GOOD_SECRET = "q7Rk2vXw9Lz4TnB8cYd1HfJm5PsGa3Ue6Vi0Wo"


def settings(tmp_path: Path, **variables: str) -> Settings:
    return Settings.from_environ({"CONSENT_HOME": str(tmp_path / "home"), **variables})


def test_with_nothing_set_everything_lives_under_home(tmp_path: Path) -> None:
    made = settings(tmp_path)

    home = tmp_path / "home"
    assert made.database_url == f"sqlite:///{home / 'consent.db'}"
    assert made.archive_database_url == f"sqlite:///{home / 'archive.db'}"
    assert made.keys_dir == home / "keys"
    assert home.stat().st_mode & 0o077 == 0


def test_the_generated_secret_is_private_and_kept(tmp_path: Path) -> None:
    first, second = settings(tmp_path), settings(tmp_path)

    assert len(first.secret_key) >= 43
    assert first.secret_key == second.secret_key
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o077 == 0


PLACEHOLDERS = ["", "changeme", "secret", "a" * 64, "change-me-please-" * 4, "example" * 8, "x7"]


@pytest.mark.parametrize("secret", PLACEHOLDERS, ids=lambda secret: secret[:16] or "missing")
def test_production_refuses_a_missing_or_placeholder_secret_and_says_how_to_make_one(
    tmp_path: Path, secret: str
) -> None:
    with pytest.raises(ConfigError, match=r"secrets\.token_urlsafe") as refusal:
        settings(tmp_path, CONSENT_MODE="production", CONSENT_SECRET_KEY=secret)

    assert "\n" not in str(refusal.value)


def test_production_starts_with_a_real_secret(tmp_path: Path) -> None:
    made = settings(tmp_path, CONSENT_MODE="production", CONSENT_SECRET_KEY=GOOD_SECRET)

    assert made.secret_key == GOOD_SECRET
    assert made.is_production


@pytest.mark.parametrize("secret", ["q7RXxX2vtoDOLz4TnB8cYd1HfJm5PsGa3Ue6Vi0Wo-T", GOOD_SECRET])
def test_a_random_secret_is_not_mistaken_for_a_placeholder(tmp_path: Path, secret: str) -> None:
    """Of 800 secrets made as we say, one has three x in a row."""
    assert settings(tmp_path, CONSENT_MODE="production", CONSENT_SECRET_KEY=secret)


REFUSED = [
    {"CONSENT_MODE": "prod"},
    {"CONSENT_ZONE": "Mars/Olympus"},
    {"CONSENT_TRUSTED_PROXIES": "-1"},
    {"CONSENT_TRUSTED_PROXIES": "many"},
    {"CONSENT_VISIT_MONTHS": "0"},
    {"CONSENT_OPERATING_DAYS": "0"},
    {"CONSENT_OPERATING_DAYS": "61"},
    {"CONSENT_LEAST_VISITORS": "4"},
    {"CONSENT_CHOICE_DAYS": "6"},  # asked again within a week: nagging (Decree art. 27)
    {"CONSENT_SCHEDULER": "perhaps"},
    {"CONSENT_SECRET_KEY": "short"},
    {"CONSENT_RETENTION_INTERVAL_SECONDS": "0"},
    {"CONSENT_EMBED_MAX_AGE_SECONDS": "-1"},
    {"CONSENT_DATABASE_TIMEOUT_SECONDS": "0"},
    {"CONSENT_DATABASE_TIMEOUT_SECONDS": "nan"},
    {"CONSENT_PUBLIC_URL": "consent.example"},
    {"CONSENT_PUBLIC_URL": "https://consent.example/?a=b"},
    {"CONSENT_METRICS": "everyone"},
    {"CONSENT_METRICS_TOKEN": "guess-me"},
    {"CONSENT_LOG_LEVEL": "loud"},
    {"CONSENT_LOG_FORMAT": "xml"},
    {"CONSENT_SLOW_SECONDS": "0"},
    {"CONSENT_DISK_FREE_MIB": "0"},
    {"CONSENT_OTLP_ENDPOINT": "collector:4318"},
    {"CONSENT_RATE_LIMITS": "1200/minute"},
    {"CONSENT_DATABASE_URL": "consent.db"},
    {"CONSENT_DATABASE_URL": "mysql://shop@db/consent"},
    {"CONSENT_ARCHIVE_DATABASE_URL": "https://db/archive"},
    {
        "CONSENT_ARCHIVE_DATABASE_URL": "postgres://db/a",
        "CONSENT_DATABASE_URL": "postgresql://db/a",
    },
]


@pytest.mark.parametrize("variables", REFUSED, ids=str)
def test_a_value_that_cannot_be_used_is_named_in_one_line(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    with pytest.raises(ConfigError, match=next(iter(variables))) as refusal:
        settings(tmp_path, **variables)

    assert "\n" not in str(refusal.value)


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file is in the way")

    with pytest.raises(ConfigError, match="CONSENT_HOME"):
        settings(tmp_path)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_plain_postgresql_addresses_work(tmp_path: Path, scheme: str) -> None:
    made = settings(tmp_path, CONSENT_DATABASE_URL=f"{scheme}://shop@db/consent")

    assert made.database_url == "postgresql+psycopg://shop@db/consent"


def test_every_setting_is_described_and_no_secret_is_shown(tmp_path: Path) -> None:
    made = settings(tmp_path, CONSENT_SECRET_KEY=GOOD_SECRET)

    lines = describe(made)

    assert all(line.variable.startswith("CONSENT_") and line.reason for line in lines)
    assert GOOD_SECRET not in str(lines)


def test_every_setting_stands_in_the_manual_with_its_default(tmp_path: Path) -> None:
    manual = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `(CONSENT_\w+)` \| ([^|]*) \|", manual, re.MULTILINE))

    described = {line.variable: line.default for line in describe(settings(tmp_path))}

    assert rows.keys() == described.keys()
    missing = [name for name, default in described.items() if default not in rows[name]]
    assert missing == []
