"""The source of a notice, as an operator writes it: purposes, services, wording.

Bounds keep the visitor's cookie under 150 bytes and the script small.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

PURPOSES_LIMIT = 12
SERVICES_LIMIT = 60
LANGUAGES = ("ko", "en")

Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Host = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$")
]
Name = Annotated[str, msgspec.Meta(pattern=r"^[^\s;,=]{1,100}$")]
Phrase = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]


class Purpose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why data is used. Names and texts per language; the built-in wording where left out."""

    key: Key
    names: dict[Language, Phrase] = {}
    texts: dict[Language, Text] = {}


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tool that serves a purpose, who stands behind it, what it stores and for how long.

    names: cookies and storage keys that it sets, for the table that visitors see and for taking
    them away again; `*` stands for any characters. hosts: where it is loaded from, subdomains
    included, for automatic blocking.
    """

    key: Key
    purpose: Key
    name: Phrase
    vendor: Phrase
    stores: dict[Language, Phrase]
    keeps: dict[Language, Phrase]
    country: Annotated[str, msgspec.Meta(max_length=60)] = ""
    names: Annotated[tuple[Name, ...], msgspec.Meta(max_length=40)] = ()
    hosts: Annotated[tuple[Host, ...], msgspec.Meta(max_length=40)] = ()


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that visitors of a site are asked, in every language.

    purposes: the optional ones, in the order of the switches; the necessary one is implied.
    texts: replaces built-in wording, per language and key.
    """

    purposes: Annotated[tuple[Purpose, ...], msgspec.Meta(min_length=1, max_length=PURPOSES_LIMIT)]
    services: Annotated[tuple[Service, ...], msgspec.Meta(max_length=SERVICES_LIMIT)] = ()
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1)] = LANGUAGES
    texts: dict[Language, dict[str, Text]] = {}
