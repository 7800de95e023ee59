"""Where the key ring of a deployment keeps its files."""

from __future__ import annotations

from pathlib import Path


def key_files(keys_dir: Path) -> list[Path]:
    """Returns the files of the keys, of whatever generation, sorted by name."""
    return sorted(keys_dir.glob("generations/*/days/*.key"), key=lambda path: path.name)


def master_file(keys_dir: Path) -> Path:
    """Returns the file of the master key; there is one."""
    [path] = keys_dir.glob("generations/*/master.key")
    return path
