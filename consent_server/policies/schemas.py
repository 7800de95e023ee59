"""The source of a notice, as an operator writes it: purposes, services, registry, wording.

Bounds keep the visitor's cookie under 150 bytes and the script small. What came later than the
first published notices is optional, so that each of them can still be read (PIPA art. 30(1)).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

PURPOSES_LIMIT = 12
SERVICES_LIMIT = 60
PROCESSORS_LIMIT = 60
BODIES_LIMIT = 20
LANGUAGES = ("ko", "en")

Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Host = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$")
]
Name = Annotated[str, msgspec.Meta(pattern=r"^[^\s;,=]{1,100}$")]
Phrase = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Line = Annotated[str, msgspec.Meta(max_length=200)]
Address = Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s]{1,300})?$")]
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
    included, for automatic blocking. keeps_days: the period as a number, 0 for a session; with it
    on both sides only a longer one is asked again (policies.material), not other words for it.
    party: whether the site itself stores it or somebody else does.
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
    keeps_days: Annotated[int, msgspec.Meta(ge=0, le=36_600)] | None = None
    party: Literal["first", "third"] | None = None


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a processor in another country receives (PIPA art. 28-8(2))."""

    items: dict[Language, Phrase]
    method: dict[Language, Phrase]
    keeps: dict[Language, Phrase]
    refusing: dict[Language, Phrase]
    contact: Line = ""


class Processor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who processes data on behalf of the controller (PIPA art. 26(2)), named, not asked for.

    ends_on: the last day of the contract; none while it runs without an end. Once it is past, the
    console raises an alarm until the processor is taken out of the notice.
    """

    key: Key
    name: Phrase
    tasks: dict[Language, Phrase]
    country: Annotated[str, msgspec.Meta(max_length=60)] = ""
    ends_on: date | None = None
    abroad: Transfer | None = None


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers for personal data at the controller (PIPA art. 30(1)6, 31)."""

    names: dict[Language, Phrase]
    titles: dict[Language, Phrase] = {}
    phone: Line = ""
    email: Line = ""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a person can complain about us: an authority, a mediator."""

    names: dict[Language, Phrase]
    phone: Line = ""
    url: Address = ""


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that visitors of a site are asked, in every language.

    purposes: the optional ones, in the order of the switches; the necessary one is implied.
    texts: replaces built-in wording, per language and key. officer: who is responsible for personal
    data; staff: who else answers questions. complaints: bodies outside the controller.
    """

    purposes: Annotated[tuple[Purpose, ...], msgspec.Meta(min_length=1, max_length=PURPOSES_LIMIT)]
    services: Annotated[tuple[Service, ...], msgspec.Meta(max_length=SERVICES_LIMIT)] = ()
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1)] = LANGUAGES
    texts: dict[Language, dict[str, Text]] = {}
    processors: Annotated[tuple[Processor, ...], msgspec.Meta(max_length=PROCESSORS_LIMIT)] = ()
    officer: Contact | None = None
    staff: Annotated[tuple[Contact, ...], msgspec.Meta(max_length=BODIES_LIMIT)] = ()
    complaints: Annotated[tuple[Body, ...], msgspec.Meta(max_length=BODIES_LIMIT)] = ()
