"""The manifest of an export: what is in the file, for whom and why, signed; and its verification.

With it, whoever gets the file can tell years later that it is whole and unchanged, which records it
was to hold, and by when it must be destroyed. The signature is that of the certificates (Ed25519),
so nobody needs a secret of ours to verify it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from consent_server.errors import N_, CommandError
from consent_server.reports.models import ExportedCopy
from consent_server.signing import CertificateKey, is_signed

_FORM: Final = "consent-server export manifest 1"
_LARGEST_BYTES: Final = 1_048_576
_BLOCK_BYTES: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class ManifestMaker:
    """Makes manifests, signed with the key of the certificates."""

    key: CertificateKey

    def of(self, copy: ExportedCopy, file_name: str | None = None) -> bytes:
        """Returns the manifest of a finished export, as JSON that people can read.

        Raises CommandError for one that was broken off.
        """
        if copy.finished_at is None:
            raise CommandError(
                N_("This export was broken off, so there is nothing to state about it.")
            )
        stated = {
            "manifest": _FORM,
            "reference": copy.reference,
            "file": file_name,
            "kind": copy.kind,
            "format": copy.chosen.get("format"),
            "masked": copy.chosen.get("masked") == "yes",
            "filter": copy.chosen,
            "columns": copy.columns,
            "rows": copy.row_count,
            "bytes": copy.byte_count,
            "sha256": copy.sha256,
            "operator": copy.owner,
            "purpose": copy.purpose,
            "reason": copy.reason,
            "made_at": copy.made_at.isoformat(),
            "finished_at": copy.finished_at.isoformat(),
            "expires_at": copy.expires_at.isoformat(),
            "software": f"consent-server {copy.software}",
            "public_key": self.key.public,
        }
        signed = stated | {"signature": self.key.sign(_canonical(stated))}
        return msgspec.json.format(msgspec.json.encode(signed), indent=2) + b"\n"


def verify(file: Path, manifest: Path) -> dict[str, Any]:
    """Returns what a manifest states, if file and manifest are what they were when it was made.

    Raises CommandError, in one line, when they are not, or cannot be read.
    """
    try:
        stated = _read(manifest)
        length, sha256 = _measured(file)
    except OSError as error:
        raise CommandError(f"Cannot read {error.filename}: {error.strerror}.") from error
    unsigned = {name: value for name, value in stated.items() if name != "signature"}
    if not is_signed(stated["public_key"], _canonical(unsigned), stated["signature"]):
        raise CommandError(f"{manifest} was changed: its signature does not fit.")
    if length != stated["bytes"]:
        raise CommandError(f"{file} has {length} bytes, not the {stated['bytes']} of its manifest.")
    if sha256 != stated["sha256"]:
        raise CommandError(f"{file} is not the file of {manifest}: its SHA-256 is another.")
    return stated


def _read(manifest: Path) -> dict[str, Any]:
    with manifest.open("rb") as file:
        text = file.read(_LARGEST_BYTES + 1)
    try:
        stated = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError:
        stated = {}
    texts = ("public_key", "signature", "sha256")
    is_whole = all(isinstance(stated.get(name), str) for name in texts) and "bytes" in stated
    if stated.get("manifest") != _FORM or not is_whole:
        raise CommandError(f"{manifest} is no manifest of an export.")
    return stated


def _measured(path: Path) -> tuple[int, str]:
    length, found = 0, hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            length += len(block)
            found.update(block)
    return length, found.hexdigest()


def _canonical(stated: dict[str, Any]) -> bytes:
    return msgspec.json.encode(stated, order="deterministic")
