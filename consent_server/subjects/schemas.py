"""The form of the preference centre: untrusted fields become one typed choice.

The form names the text that stood above its buttons, so that the record refers to what was read
even when a new notice was published in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from consent_server.consents.schemas import Key
from consent_server.errors import InvalidBody
from consent_server.policies.schemas import PURPOSES_LIMIT
from consent_server.web.decoding import convert

PageAction = Literal["accept_all", "ask_each", "refuse_all", "customise", "withdraw"]

_SWITCHES: Final = "purposes"  # the one field that may come more than once


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a visitor sent. purposes: the keys whose switch was on; they count for customise."""

    submission_id: UUID
    policy_version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    language: Annotated[str, msgspec.Meta(max_length=12)]
    text_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    action: PageAction
    purposes: Annotated[tuple[Key, ...], msgspec.Meta(max_length=PURPOSES_LIMIT)] = ()


def read_choice(fields: Mapping[str, Sequence[str]]) -> Choice:
    """Returns the choice in the fields of a form. Raises InvalidBody naming the offending one."""
    for name, values in fields.items():
        if name != _SWITCHES and len(values) != 1:
            raise InvalidBody("This field comes more than once.", field=name)
    read = {name: values if name == _SWITCHES else values[0] for name, values in fields.items()}
    return convert(read, Choice)
