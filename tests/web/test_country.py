"""Where a request comes from: the header, then a file of this machine, and nobody else."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.errors import ConfigError
from consent_server.server import serve
from consent_server.web.country import Countries, CountryDatabase
from support.countries import IN_KOREA, IN_THE_US, NOWHERE, write_countries


def countries(tmp_path: Path, **variables: str) -> Countries:
    """Returns the look-up of a deployment with a database."""
    database = write_countries(tmp_path / "countries.mmdb")
    environ = {"CONSENT_HOME": str(tmp_path), "CONSENT_COUNTRY_DATABASE": str(database)}
    return Countries(Settings.from_environ(environ | variables))


def request_from(address: str, **headers: str) -> Request:
    named = Headers([(name.replace("_", "-"), value) for name, value in headers.items()])
    return Request(
        EnvironBuilder(headers=named, environ_base={"REMOTE_ADDR": address}).get_environ()
    )


ADDRESSES = [
    pytest.param(IN_THE_US, "US", id="IPv4"),
    pytest.param(IN_KOREA, "KR", id="IPv6"),
    pytest.param(f"::ffff:{IN_THE_US}", "US", id="IPv4 written as IPv6"),
    pytest.param(NOWHERE, "", id="a network that the file does not have"),
    pytest.param("unix", "", id="no address"),
]


@pytest.mark.parametrize(("address", "country"), ADDRESSES)
def test_the_database_tells_the_country_of_the_peer(
    tmp_path: Path, address: str, country: str
) -> None:
    assert countries(tmp_path).of(request_from(address).environ) == country


HEADERS = [
    pytest.param("DE", "DE", id="a country"),
    pytest.param("de", "DE", id="in small letters"),
    pytest.param("XX", "US", id="the network's word for unknown"),
    pytest.param("T1", "US", id="no country at all"),
    pytest.param("", "US", id="empty"),
]


@pytest.mark.parametrize(("header", "country"), HEADERS)
def test_a_header_that_names_a_country_wins_over_the_database(
    tmp_path: Path, header: str, country: str
) -> None:
    known = countries(tmp_path, CONSENT_COUNTRY_HEADER="CF-IPCountry")

    assert known.of(request_from(IN_THE_US, CF_IPCountry=header).environ) == country


def test_only_hops_of_our_own_proxies_are_believed(tmp_path: Path) -> None:
    forwarded = f"{IN_KOREA}, {IN_THE_US}"
    behind_one = countries(tmp_path, CONSENT_TRUSTED_PROXIES="1")

    assert behind_one.of(request_from(NOWHERE, X_Forwarded_For=forwarded).environ) == "US"
    assert countries(tmp_path).of(request_from(NOWHERE, X_Forwarded_For=forwarded).environ) == ""


def test_a_file_that_was_replaced_is_read_without_a_restart(tmp_path: Path) -> None:
    file = write_countries(tmp_path / "countries.mmdb")
    eager, patient = CountryDatabase(file, recheck_seconds=0), CountryDatabase(file)

    write_countries(tmp_path / "new.mmdb", {"203.0.113.0/24": "CA"}).replace(file)

    assert eager.country(IN_THE_US) == "CA"
    assert patient.country(IN_THE_US) == "US"


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "half written"])
def test_a_file_that_breaks_while_in_use_changes_nothing_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, is_gone: bool
) -> None:
    file = write_countries(tmp_path / "countries.mmdb")
    known = CountryDatabase(file, recheck_seconds=0)
    if is_gone:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-40])

    assert known.country(IN_THE_US) == "US"
    assert str(file) in caplog.text


@pytest.mark.parametrize("contents", [None, b"", b"no database"], ids=["missing", "empty", "other"])
def test_a_file_that_cannot_be_read_stops_the_start_in_one_line(
    tmp_path: Path, contents: bytes | None
) -> None:
    file = tmp_path / "countries.mmdb"
    if contents is not None:
        file.write_bytes(contents)
    settings = Settings.from_environ(
        {"CONSENT_HOME": str(tmp_path), "CONSENT_COUNTRY_DATABASE": str(file)}
    )

    with pytest.raises(ConfigError, match="CONSENT_COUNTRY_DATABASE") as refusal:
        create_app(settings)
    with pytest.raises(ConfigError, match="CONSENT_COUNTRY_DATABASE"):
        serve(settings, host="127.0.0.1", port=0, workers=1)

    assert str(file) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_address_is_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    countries(tmp_path).of(request_from(IN_THE_US).environ)
    countries(tmp_path).of(request_from(NOWHERE).environ)

    assert IN_THE_US not in caplog.text
    assert NOWHERE not in caplog.text
