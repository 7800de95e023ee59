"""The file: facts of the site, settings of its banner, its notice; published as a JSON Schema.

Written in one order and one form, so that the same configuration is the same bytes (git shows
what differs), and read strictly, so that a misspelt field is an error and not a default.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from consent_server.banner.look import check_look
from consent_server.banner.schemas import BannerSettings
from consent_server.errors import CommandError
from consent_server.policies.schemas import Notice
from consent_server.sites.rules import normal_origin, purpose_key

FILE_BYTES_MAX: Final = 1_048_576  # a full site with all its texts has some 60 kB


class SiteFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator says about a site. The key is not in it: it is made when a site is added."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    origins: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=200)]
    controller: Annotated[str, msgspec.Meta(max_length=200)] = ""
    contact: Annotated[str, msgspec.Meta(max_length=320)] = ""
    language: Literal["ko", "en"] = "ko"
    visit_basis: Literal["legal_duty", "legitimate_interest", "consent", "off"] = "legal_duty"
    visit_purpose: Annotated[str, msgspec.Meta(max_length=40)] = "analytics"
    address_mode: Literal["full", "truncated", "keyed_hash", "none"] = "full"
    device_mode: Literal["parsed", "user_agent"] = "parsed"


class SiteFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One site. schema: where this form is described; nothing depends on it."""

    site: SiteFacts
    notice: Notice
    banner: BannerSettings = BannerSettings()
    schema: str = msgspec.field(default="", name="$schema")


def read_file(source: bytes) -> SiteFile:
    """Returns the configuration in a file. Raises CommandError naming what does not fit."""
    if len(source) > FILE_BYTES_MAX:
        raise CommandError(f"The file cannot be read: it has more than {FILE_BYTES_MAX} bytes.")
    try:
        read = msgspec.json.decode(source, type=SiteFile)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CommandError(f"The file cannot be read: {error}") from error
    except RecursionError as error:
        raise CommandError("The file cannot be read: it is nested too deeply.") from error
    _check_facts(source, read.site)
    check_look(read.banner.look)
    return read


def _check_facts(source: bytes, facts: SiteFacts) -> None:
    """Refuses what a site cannot have, before anything of the file is taken over."""
    try:
        if b"\\u0000" in source:
            raise CommandError("there is a NUL (\\u0000) in a text.")
        if not facts.name.strip():
            raise CommandError("the site has no name.")
        for origin in facts.origins:
            normal_origin(origin)
        purpose_key(facts.visit_purpose)
    except CommandError as error:
        raise CommandError(f"The file cannot be read: {error}") from error


def write_file(site: SiteFile) -> bytes:
    """Returns the file of a configuration, ending with a line break."""
    encoded = msgspec.json.encode(site, order="deterministic")
    return msgspec.json.format(encoded, indent=2) + b"\n"


def json_schema() -> dict[str, Any]:
    """Returns the description of the file (JSON Schema 2020-12)."""
    described = msgspec.json.schema(SiteFile)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}
