"""The settings of a site's banner, as an operator writes them: what is not said is as by default.

They change how the script behaves and looks, never what a visitor is asked: that is the notice
(policies.schemas). Nothing here can make refusing harder than accepting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, Literal

import msgspec

from consent_server.banner.look import Look, check_look
from consent_server.errors import N_, CommandError

Part = Literal["embeds", "question"]
Mode = Literal["opt_in", "opt_out", "notice", "off"]
Signal = Literal[
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
]
Purpose = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")]
Region = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]


SIGNALS: Final[dict[Signal, Purpose]] = {
    "ad_storage": "marketing",
    "ad_user_data": "marketing",
    "ad_personalization": "marketing",
    "analytics_storage": "analytics",
    "functionality_storage": "functional",
    "personalization_storage": "functional",
    "security_storage": "necessary",
}


STRICTEST_FIRST: Final[tuple[Mode, ...]] = ("opt_in", "opt_out", "notice", "off")


class GoogleRegion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other defaults for some regions (ISO 3166-2), until the visitor decides."""

    regions: Annotated[tuple[Region, ...], msgspec.Meta(min_length=1, max_length=300)]
    granted: tuple[Signal, ...] = ()


class Google(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Google Consent Mode v2. signals: the purpose that each signal follows."""

    signals: dict[Signal, Purpose] = msgspec.field(default_factory=lambda: dict(SIGNALS))
    regions: tuple[GoogleRegion, ...] = ()
    wait_milliseconds: Annotated[int, msgspec.Meta(ge=0, le=5000)] = 500
    ads_data_redaction: bool = True
    url_passthrough: bool = False


class Modes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people are asked, by where they are.

    opt_in: nothing optional before a choice. opt_out: everything until it is refused. notice: the
    same, with words that only inform. off: nobody is asked. default: everywhere else. regions: by
    country (ISO 3166-1) as the deployment's header or database names it (web.country).
    """

    default: Mode = "opt_in"
    regions: dict[Country, Mode] = {}

    def mode_in(self, country: str) -> Mode:
        """Returns the mode of a country; of one that is not known the strictest there is."""
        if country:
            return self.regions.get(country, self.default)
        return min((self.default, *self.regions.values()), key=STRICTEST_FIRST.index)


class BannerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about a banner that a site may choose.

    google: None switches Consent Mode off. uet, clarity, meta, tiktok: tell these vendors.
    blocking: hold back by hosts and names what the page did not mark itself.
    reload: load the page anew after something was taken back. gpc: purposes that Global Privacy
    Control refuses; dnt: Do Not Track (`DNT: 1`) refuses the same. root_domain: keep the choice in
    a cookie of the whole domain, subdomains included. import_choices: take over, once, what a
    visitor chose under another tool. look: place and colours. mirror_cc: also tell what was decided
    as vanilla-cookieconsent 3 does, for pages written for it. start: parts that come with the
    script although they could be fetched when a page first needs them.
    """

    google: Google | None = Google()
    uet: bool = False
    clarity: bool = False
    meta: bool = False
    tiktok: bool = False
    modes: Modes = Modes()
    reload: bool = False
    blocking: bool = False
    gpc: Annotated[tuple[Purpose, ...], msgspec.Meta(max_length=12)] = ("marketing",)
    dnt: bool = False
    root_domain: bool = False
    import_choices: bool = False
    look: Look = Look()
    mirror_cc: bool = False
    start: Annotated[tuple[Part, ...], msgspec.Meta(max_length=2)] = ()

    def heeds(self, header: Callable[[str], str | None]) -> bool:
        """Whether a request carries a signal that refuses something here.

        header: returns a header of the request by its name.
        """
        is_sent = header("Sec-GPC") == "1" or (self.dnt and header("DNT") == "1")
        return is_sent and bool(self.gpc)


def read_settings(source: bytes) -> BannerSettings:
    """Returns the settings in an operator's JSON. Raises CommandError naming what does not fit."""
    try:
        settings = decoder.decode(source)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CommandError(N_("The settings cannot be read: %(error)s"), error=error) from error
    check_look(settings.look)
    return settings


decoder = msgspec.json.Decoder(BannerSettings)
