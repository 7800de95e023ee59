"""Where the banner stands and in which colours: what a site's choice adds to the styles. Pure.

Only what differs from the default is sent. No choice here can single out one of the three buttons:
they share one colour, and a pair of colours that cannot be read (WCAG 2.2, 1.4.3: 4.5 to 1) is
refused when it is set, not when it is shown.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from consent_server.errors import N_, CommandError

Position = Literal[
    "bottom", "top", "bottom_left", "bottom_right", "top_left", "top_right", "centre", "inline"
]
Preset = Literal["plain", "ink", "paper", "mint", "contrast"]
Scheme = Literal["auto", "light", "dark"]
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}$")]
Name = Literal["background", "text", "accent", "button", "button-text"]
Colours = dict[Name, Colour]

READABLE: Final = 4.5
VISIBLE: Final = 3.0  # WCAG 2.2, 1.4.11: focus rings and switches
_PRESETS: Final[dict[Preset, tuple[Colours, Colours]]] = {  # on light, on dark
    "plain": ({}, {}),
    "ink": (
        {
            "background": "#ffffff", "text": "#17202e", "accent": "#2b4acb",
            "button": "#e6ebfa", "button-text": "#1a2f86",
        },
        {
            "background": "#1a2029", "text": "#eef2f8", "accent": "#9db4ff",
            "button": "#2e3b57", "button-text": "#e6ecff",
        },
    ),
    "paper": (
        {
            "background": "#fbf7ef", "text": "#33291c", "accent": "#9a4b12",
            "button": "#efe3cd", "button-text": "#4a3312",
        },
        {
            "background": "#2a241c", "text": "#f3eadc", "accent": "#f0b27a",
            "button": "#463b2b", "button-text": "#fbeedb",
        },
    ),
    "mint": (
        {
            "background": "#ffffff", "text": "#10302a", "accent": "#0b7a5c",
            "button": "#dcf3ea", "button-text": "#0a4a39",
        },
        {
            "background": "#11241f", "text": "#e4f5ee", "accent": "#6fdcb8",
            "button": "#1f4238", "button-text": "#dff7ee",
        },
    ),
    "contrast": (
        {
            "background": "#ffffff", "text": "#000000", "accent": "#0000c8",
            "button": "#000000", "button-text": "#ffffff",
        },
        {
            "background": "#000000", "text": "#ffffff", "accent": "#ffff00",
            "button": "#ffffff", "button-text": "#000000",
        },
    ),
}  # fmt: skip
_PAIRS: Final[tuple[tuple[Name, Name, float], ...]] = (
    ("text", "background", READABLE),
    ("button-text", "button", READABLE),
    ("accent", "background", VISIBLE),
)
_PLACES: Final[dict[Position, str]] = {
    "top": "#cs-root #cs-notice{inset:16px 16px auto}",
    "bottom_left": "inset-inline-end:auto",
    "bottom_right": "inset-inline-start:auto",
    "top_left": "inset-block:16px auto;inset-inline-end:auto",
    "top_right": "inset-block:16px auto;inset-inline-start:auto",
    "centre": (
        "#cs-root #cs-notice{position:static;max-width:560px}"
        "#cs-root #cs-modal{max-width:calc(100vw - 32px);margin:auto;padding:0;border:0;"
        "background:none;overflow:visible}"
        "#cs-root #cs-modal::backdrop{background:#0009}"
    ),
    "inline": (
        "#cs-root#cs-root{position:static}"
        "#cs-root #cs-notice{position:static;max-height:none;box-shadow:none}"
    ),
}
_CORNER: Final = "#cs-root #cs-notice{{{place};margin:0;width:440px;max-width:calc(100vw - 32px)}}"
_CORNER_BUTTONS: Final = "#cs-root #cs-notice .cs-buttons{grid-template-columns:1fr}"
_MOTION: Final = (
    "@media(prefers-reduced-motion:no-preference){#cs-root .cs-card{animation:cs-rise .25s}}"
    "@keyframes cs-rise{0%{transform:translateY(16px)}}"
)


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of the look differs from the default.

    position: of the notice; "centre" makes the page inert until it is answered or put away,
    "inline" stands in the page's own element with `data-cs-inline`. scheme: "auto" follows the
    browser. colours, dark_colours: replace those of the preset. motion: the layers slide in, for
    people who have not asked their system for less motion.
    """

    position: Position = "bottom"
    preset: Preset = "plain"
    scheme: Scheme = "auto"
    colours: Colours = {}
    dark_colours: Colours = {}
    radius_px: Annotated[int, msgspec.Meta(ge=0, le=32)] = 18
    motion: bool = False


def check_look(look: Look) -> None:
    """Raises CommandError, naming the pair and its contrast, when something cannot be read."""
    for scheme, colours in zip(("light", "dark"), palettes(look), strict=True):
        for ink, ground, least in _PAIRS:
            if bool(ink in colours) != bool(ground in colours):
                raise CommandError(
                    N_("look (%(scheme)s): %(ink)s and %(ground)s go together; give both."),
                    scheme=scheme,
                    ink=ink,
                    ground=ground,
                )
            if ink in colours and (found := contrast(colours[ink], colours[ground])) < least:
                raise CommandError(
                    N_(
                        "look (%(scheme)s): %(ink)s on %(ground)s has a contrast of %(found)s to "
                        "1; people need at least %(least)s."
                    ),
                    scheme=scheme,
                    ink=ink,
                    ground=ground,
                    found=f"{found:.2f}",
                    least=least,
                )


def contrast(one: str, other: str) -> float:
    """Returns the contrast of two colours (#rrggbb), 1 to 21, after WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def styles_of(look: Look) -> str:
    """Returns the rules to add to the banner's own; "" for the default look."""
    place = _PLACES.get(look.position, "")
    if "_" in look.position:
        place = _CORNER.format(place=place) + _CORNER_BUTTONS
    return place + _colours_of(look) + (_MOTION if look.motion else "")


def palettes(look: Look) -> tuple[Colours, Colours]:
    """Returns the colours on light and on dark; only light ones named means them on both."""
    light, dark = _PRESETS[look.preset]
    own = look.dark_colours or look.colours
    return {**light, **look.colours}, {**dark, **own}


def _colours_of(look: Look) -> str:
    light, dark = palettes(look)
    first = dark if look.scheme == "dark" else light
    rules = [f"--cs-{name}:{colour}" for name, colour in first.items()]
    if look.scheme != "auto":
        rules.append(f"--cs-scheme:{look.scheme}")
    if look.radius_px != Look().radius_px:
        rules.append(f"--cs-radius:{look.radius_px}px")
    text = f":where(:root){{{';'.join(rules)}}}" if rules else ""
    if look.scheme == "auto" and dark != light:
        darker = ";".join(f"--cs-{name}:{colour}" for name, colour in dark.items())
        text += f"@media(prefers-color-scheme:dark){{:where(:root){{{darker}}}}}"
    return text


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
