"""The form of the banner studio says what settings say, and names the field that does not fit."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from consent_server.admin.studio_form import fields_of, read_studio_form, read_unsaved
from consent_server.banner.look import Look
from consent_server.banner.schemas import BannerSettings, Google, GoogleRegion, Modes
from consent_server.errors import CommandError

FULL = BannerSettings(
    google=Google(
        regions=(GoogleRegion(regions=("US", "US-CA"), granted=("analytics_storage",)),),
        wait_milliseconds=800,
        url_passthrough=True,
    ),
    meta=True,
    modes=Modes(default="opt_in", regions={"US": "opt_out", "BR": "notice"}),
    blocking=True,
    gpc=("marketing", "analytics"),
    look=Look(
        position="bottom_right",
        preset="paper",
        colours={"button": "#174e3f", "button-text": "#ffffff"},
        dark_colours={"button": "#0b2e24", "button-text": "#ffffff"},
        radius_px=4,
        motion=True,
    ),
    start=("question",),
)


@pytest.mark.parametrize("settings", [BannerSettings(), FULL, BannerSettings(google=None)])
def test_a_form_says_what_the_settings_say(settings: BannerSettings) -> None:
    assert read_studio_form(fields_of(settings)) == settings


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"look.position": "left"}, "look.position"),
        ({"look.radius_px": "99"}, "radius_px"),
        ({"look.colours.text": "red"}, "colours"),
        ({"modes.regions": "US"}, "modes.regions"),
        ({"google.signals.unknown": "marketing"}, "signals"),
        ({"google.regions": "= ad_storage"}, "regions"),
        ({"gpc": "No Key"}, "gpc"),
    ],
)
def test_a_field_that_does_not_fit_is_named(fields: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        read_unsaved(MultiDict(fields_of(BannerSettings()).to_dict() | fields))
