"""Words that are looked for in everything that was written: a visitor's address and device.

Each is looked for in the forms in which it could lie on a disk: as text, in hexadecimal digits, in
base64, in UTF-16, escaped in an address line, and an IPv6 address also as its 16 bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from functools import cache
from ipaddress import IPv6Address
from pathlib import Path
from urllib.parse import quote

IPV4 = "203.0.113.181"
IPV6 = "2001:db8:5eed:a11c:e55:0:1:77"
AGENT = "MarkedAgent/7.3 (Windows NT 10.0; Searched For)"
MODEL = "MarkedModel-S99"
PATH = "/marked-page-of-a-visitor"
REFERRER = "marked-referrer.example"
VISITOR = (IPV4, IPV6, AGENT, "MarkedAgent", MODEL, PATH, REFERRER)


@cache
def forms(word: str) -> tuple[bytes, ...]:
    """Returns the bytes by which a word may be there."""
    return tuple(_forms(word))


def _forms(word: str) -> Iterator[bytes]:
    plain = word.encode()
    yield plain
    yield plain.hex().encode()
    yield word.encode("utf-16-le")
    yield quote(word, safe="").encode()
    for shift in range(3):  # base64 takes three bytes at a time: without the ends that others share
        encoded = base64.b64encode(b"\0" * shift + plain)
        yield encoded[4 if shift else 0 : -4]
    if ":" in word:
        packed = IPv6Address(word).packed
        yield packed
        yield packed.hex().encode()


def found_in(name: str, content: bytes) -> list[str]:
    """Returns which marks are in some bytes, with the name of where they lie."""
    return [
        f"{word!r} in {name}" for word in VISITOR if any(form in content for form in forms(word))
    ]


def found_in_folders(folders: Iterable[Path]) -> list[str]:
    """Returns the same of every file below some folders."""
    return [
        hit
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.is_symlink()
        for hit in found_in(str(file.relative_to(folder)), file.read_bytes())
    ]
