"""Where scheduled exports go: a folder of this deployment, or a bucket that speaks S3.

A file is whole or not there: in a folder it gets its name when it is complete, and a bucket shows
an upload when its last part has come. Credentials come from the settings, and stand nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

from consent_server.config import Settings
from consent_server.errors import N_, CommandError

_PART_BYTES: Final = 8 * 1024 * 1024  # of an upload; one is in memory at a time
_TIMEOUT_SECONDS: Final = 20


class Target(Protocol):
    """A place for files, by name."""

    def put(self, name: str, blocks: Iterable[bytes]) -> None:
        """Writes a file, or nothing. Raises OSError, CommandError, or what the blocks raise."""
        ...

    def remove(self, name: str) -> None:
        """Destroys a file; one that is gone already is no error. Raises as `put` does."""
        ...


@dataclass(frozen=True, slots=True)
class Places:
    """Opens targets. folder: below which all folders lie."""

    folder: Path
    settings: Settings

    def open(self, place: str, target: str) -> Target:
        """Returns a target. Raises CommandError when it cannot be used as the settings are."""
        if place == "folder":
            return _Folder(self.folder / target)
        return _bucket(self.settings, target)

    def check(self, place: str) -> None:
        """Raises CommandError when no target of this kind can be used."""
        if place == "bucket":
            _check_bucket(self.settings)


@dataclass(frozen=True, slots=True)
class _Folder:
    path: Path

    def put(self, name: str, blocks: Iterable[bytes]) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.path / f".{name}.part"  # the same at each attempt, so that none is left behind
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                for block in blocks:
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path / name)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def remove(self, name: str) -> None:
        for path in (self.path / name, self.path / f".{name}.part"):
            path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Bucket:
    """client: boto3's, for S3. prefix: before each name, ending with a slash, or empty."""

    client: Any
    bucket: str
    prefix: str

    def put(self, name: str, blocks: Iterable[bytes]) -> None:
        from boto3.s3.transfer import TransferConfig  # an extra

        config = TransferConfig(multipart_chunksize=_PART_BYTES, use_threads=False)
        with _in_one_line(self.bucket):
            self.client.upload_fileobj(
                _Readable(iter(blocks)), self.bucket, self.prefix + name, Config=config
            )

    def remove(self, name: str) -> None:
        with _in_one_line(self.bucket):
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + name)


class _Readable:
    """Blocks as a file that can be read once."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Returns so many bytes; fewer only at the end."""
        pieces, length = [self._rest], len(self._rest)
        while size < 0 or length < size:
            block = next(self._blocks, None)
            if block is None:
                break
            pieces.append(block)
            length += len(block)
        whole = b"".join(pieces)
        end = len(whole) if size < 0 else size
        self._rest = whole[end:]
        return whole[:end]


def _check_bucket(settings: Settings) -> None:
    if find_spec("boto3") is None:
        raise CommandError(
            N_("A bucket needs boto3, which is not installed: pip install 'consent-server[s3]'")
        )
    if not (settings.s3_access_key and settings.s3_secret_key):
        raise CommandError(N_("A bucket needs CONSENT_S3_ACCESS_KEY and CONSENT_S3_SECRET_KEY."))


def _bucket(settings: Settings, target: str) -> _Bucket:
    _check_bucket(settings)
    from boto3.session import Session  # an extra, and 0.2 s to load
    from botocore.config import Config

    session = Session(
        aws_access_key_id=settings.s3_access_key, aws_secret_access_key=settings.s3_secret_key
    )
    client = session.client(
        "s3",
        endpoint_url=settings.s3_endpoint or None,
        region_name=settings.s3_region,
        config=Config(
            connect_timeout=_TIMEOUT_SECONDS,
            read_timeout=_TIMEOUT_SECONDS,
            retries={"max_attempts": 2, "mode": "standard"},
            request_checksum_calculation="when_required",  # what servers other than AWS know
        ),
    )
    bucket, _, prefix = target.partition("/")
    return _Bucket(client, bucket, f"{prefix}/" if prefix else "")


@contextmanager
def _in_one_line(bucket: str) -> Iterator[None]:
    """Turns what the library raises into one line, without what it was given."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no reason given")
        raise CommandError(
            N_("The bucket %(bucket)s refused: %(code)s."), bucket=bucket, code=code
        ) from error
    except (BotoCoreError, Boto3Error) as error:
        raise CommandError(
            N_("The bucket %(bucket)s cannot be reached: %(why)s."),
            bucket=bucket,
            why=type(error).__name__,
        ) from error
