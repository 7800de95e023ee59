"""A list of breached passwords: every one in it is found, none that is not, and nothing is sent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_server.config import Settings
from consent_server.errors import CommandError, ConfigError
from consent_server.operators.breached import is_breached
from consent_server.operators.services import add_operator
from support.apps import MakeApp

BREACHED = "seven purple bicycles"


def written(folder: Path, passwords: list[str], line_end: str = "\r\n") -> Path:
    """Writes a list as Have I Been Pwned does."""
    hashes = sorted(
        hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest().upper() for word in passwords
    )
    lines = [f"{each}:{7 ** (place % 9)}" for place, each in enumerate(hashes)]
    path = folder / "breached.txt"
    path.write_text(line_end.join([*lines, ""]), newline="")
    return path


@pytest.mark.parametrize("size", [1, 2, 3, 500])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_password_of_a_list_is_found_and_no_other(
    tmp_path: Path, size: int, line_end: str
) -> None:
    passwords = [f"password {number}" for number in range(size)]
    path = written(tmp_path, passwords, line_end)

    assert all(is_breached(each, path) for each in passwords)
    assert not any(is_breached(f"phrase {number}", path) for number in range(size))


@given(content=st.binary(max_size=300))
def test_a_file_that_is_no_list_has_no_password(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "no-list"
    path.write_bytes(content)

    assert not is_breached(BREACHED, path)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_no_account_gets_a_breached_password(make_app: MakeApp, tmp_path: Path) -> None:
    path = written(tmp_path, [BREACHED, "another"])
    app = make_app(breached_passwords=str(path))

    with app.app_context():
        with pytest.raises(CommandError, match="breach"):
            add_operator("kim@shop.example", BREACHED, "viewer")
        add_operator("kim@shop.example", f"{BREACHED} sing", "viewer")
        path.unlink()
        with pytest.raises(CommandError, match="CONSENT_BREACHED_PASSWORDS"):
            add_operator("lee@shop.example", f"{BREACHED} dance", "viewer")


@pytest.mark.parametrize("content", [None, b"", b"password\n", b"x" * 100])
def test_a_list_that_is_none_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "list"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match="CONSENT_BREACHED_PASSWORDS"):
        Settings.from_environ(
            {"CONSENT_HOME": str(tmp_path), "CONSENT_BREACHED_PASSWORDS": str(path)}
        )
