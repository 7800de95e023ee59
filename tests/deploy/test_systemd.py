"""`deploy/systemd/consent-server.service`: it starts what exists, and may do little else."""

from __future__ import annotations

import shlex
from configparser import ConfigParser

import click
import pytest

from consent_server.cli import cli
from support.prepared import ROOT

UNIT = ROOT / "deploy" / "systemd" / "consent-server.service"


@pytest.fixture
def unit() -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    parser.read_string(UNIT.read_text())
    return parser


@pytest.mark.parametrize("line", ["ExecStartPre", "ExecStart"])
def test_each_command_exists_with_its_options(unit: ConfigParser, line: str) -> None:
    program, name, *options = shlex.split(unit["Service"][line])
    command = cli.get_command(click.Context(cli), name)

    assert program.endswith("/bin/consent-server")
    assert command is not None
    assert command.make_context(name, options)  # would refuse an option that does not exist


def test_it_listens_only_to_the_proxy_beside_it(unit: ConfigParser) -> None:
    assert "--host 127.0.0.1" in unit["Service"]["ExecStart"]


CONFINED = {
    "ProtectSystem": "strict",
    "StateDirectoryMode": "0700",
    "UMask": "0077",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "LimitCORE": "0",
    "MemorySwapMax": "0",
}


def test_keys_and_visits_stay_in_its_own_folder(unit: ConfigParser) -> None:
    service = unit["Service"]

    assert {name: service[name] for name in CONFINED} == CONFINED
    assert service["User"] == service["StateDirectory"] == "consent-server"
