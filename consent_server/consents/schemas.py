"""A submission of the banner: untrusted JSON with a closed set of fields."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

Action = Literal["accept_all", "refuse_all", "customise", "ask_each", "withdraw", "gpc", "import"]
Layer = Literal["notice", "preferences", "question", "placeholder", "page", "api"]
Key = Annotated[str, msgspec.Meta(max_length=40)]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One decision of one visitor, as sent; identity, site and time are the server's."""

    site: Annotated[str, msgspec.Meta(max_length=12)]
    submission_id: UUID
    policy_version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    language: Annotated[str, msgspec.Meta(max_length=12)]
    text_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    action: Action
    decisions: Annotated[dict[Key, bool], msgspec.Meta(max_length=12)]
    visitor: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    services: Annotated[dict[Key, bool], msgspec.Meta(max_length=60)] = {}
    layer: Layer = "notice"
    trusted: bool = True
    gpc: bool = False


decoder = msgspec.json.Decoder(Submission)
