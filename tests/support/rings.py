"""Where the key ring of a deployment keeps its files."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def key_files(keys_dir: Path) -> list[Path]:
    """Returns the files of the keys, of whatever generation, sorted by name."""
    return sorted(keys_dir.glob("generations/*/days/*.key"), key=lambda path: path.name)


def master_file(keys_dir: Path) -> Path:
    """Returns the file of the master key; there is one."""
    [path] = keys_dir.glob("generations/*/master.key")
    return path


def lay_out_plainly(keys_dir: Path, keys: Mapping[date, bytes]) -> None:
    """Lays a ring out as the first version did: a master key, and the days beside it."""
    days = keys_dir / "days"
    days.mkdir(parents=True, mode=0o700)
    keys_dir.chmod(0o700)
    master = secrets.token_bytes(32)
    (keys_dir / "master.key").write_bytes(master)
    for day, key in keys.items():
        nonce = secrets.token_bytes(12)
        wrapped = nonce + AESGCM(master).encrypt(nonce, key, day.isoformat().encode())
        (days / f"{day}.key").write_bytes(wrapped)
