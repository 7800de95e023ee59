"""Place and colours of a banner: what a site may choose, and what would hide a choice."""

from __future__ import annotations

from typing import get_args

import pytest

from consent_server.banner.look import Look, Position, Preset, check_look, contrast, styles_of
from consent_server.banner.schemas import read_settings
from consent_server.errors import CommandError


def test_the_default_look_adds_nothing_to_the_script() -> None:
    assert styles_of(Look()) == ""


@pytest.mark.parametrize("preset", get_args(Preset))
def test_every_preset_can_be_read_on_light_and_on_dark(preset: Preset) -> None:
    check_look(Look(preset=preset))


@pytest.mark.parametrize("position", get_args(Position))
def test_no_place_has_a_rule_for_a_single_choice(position: Position) -> None:
    styles = styles_of(Look(position=position, motion=True))

    assert "data-role" not in styles
    assert "nth-child" not in styles


@pytest.mark.parametrize(
    ("colours", "said"),
    [
        pytest.param({"text": "#999999", "background": "#ffffff"}, "text on background", id="text"),
        pytest.param({"button": "#dddddd", "button-text": "#ffffff"}, "button-text", id="button"),
        pytest.param({"accent": "#eeeeee"}, "accent and background go together", id="half a pair"),
    ],
)
def test_colours_that_people_cannot_read_are_refused(colours: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        read_settings(str({"look": {"colours": colours}}).replace("'", '"').encode())


def test_a_colour_is_six_hex_digits_and_never_a_rule() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        read_settings(b'{"look": {"colours": {"button": "red}*{display:none"}}}')


def test_own_colours_replace_those_of_the_preset() -> None:
    look = Look(preset="ink", colours={"button": "#003300", "button-text": "#ffffff"})

    check_look(look)

    assert "--cs-button:#003300" in styles_of(look)
    assert "--cs-text:#17202e" in styles_of(look)


def test_one_scheme_alone_has_no_rule_for_the_other() -> None:
    styles = styles_of(Look(preset="ink", scheme="dark"))

    assert "--cs-background:#1a2029" in styles
    assert "--cs-scheme:dark" in styles
    assert "prefers-color-scheme" not in styles


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
