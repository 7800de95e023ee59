"""The built-in wording, one JSON file per language beside this module.

Each language is complete (the same keys as English; tests/policies/test_wording.py) and is read
when it is first asked for. A site may replace any phrase in its notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

_FOLDER: Final = files("consent_server.policies").joinpath("texts")


class _Wording(Mapping[str, dict[str, Any]]):
    """Language tag (BCP 47) -> {"texts": {key: phrase}, "purposes": {key: {"name", "text"}}}."""

    def __getitem__(self, language: str) -> dict[str, Any]:
        if language not in _languages():
            raise KeyError(language)
        return _read(language)

    def __iter__(self) -> Iterator[str]:
        return iter(_languages())

    def __len__(self) -> int:
        return len(_languages())


@cache
def _languages() -> tuple[str, ...]:
    return tuple(sorted(file.name.removesuffix(".json") for file in _FOLDER.iterdir()))


@cache
def _read(language: str) -> dict[str, Any]:
    wording: dict[str, Any] = msgspec.json.decode(_FOLDER.joinpath(f"{language}.json").read_bytes())
    return wording


BUILT_IN: Final[Mapping[str, dict[str, Any]]] = _Wording()
