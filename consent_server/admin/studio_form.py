"""The form of the banner studio: fields named by their place, such as `look.position`, and back.

What was sent is kept as it is, so that a form with a mistake comes back as it was filled in.
"""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec
from werkzeug.datastructures import MultiDict

from consent_server.banner.look import Name, check_look
from consent_server.banner.schemas import BannerSettings
from consent_server.errors import N_, CommandError

COLOURS: Final[tuple[Name, ...]] = get_args(Name)
SWITCHES: Final = (
    "uet", "clarity", "meta", "tiktok", "reload", "blocking", "dnt", "root_domain",
    "import_choices", "mirror_cc",
)  # fmt: skip
_LISTS: Final = ("gpc", "start")
_GOOGLE_SWITCHES: Final = ("ads_data_redaction", "url_passthrough")
_ON: Final = "1"
_LINES: Final = 300  # of regions; the world has fewer countries


def fields_of(settings: BannerSettings) -> MultiDict[str, str]:
    """Returns settings as the fields of their form."""
    look, google = settings.look, settings.google
    fields = {
        "look.position": look.position,
        "look.preset": look.preset,
        "look.scheme": look.scheme,
        "look.radius_px": str(look.radius_px),
        **({"look.motion": _ON} if look.motion else {}),
        **{f"look.colours.{name}": colour for name, colour in look.colours.items()},
        **{f"look.dark_colours.{name}": colour for name, colour in look.dark_colours.items()},
        "modes.default": settings.modes.default,
        "modes.regions": "\n".join(
            f"{country} {mode}" for country, mode in settings.modes.regions.items()
        ),
        **{name: _ON for name in SWITCHES if getattr(settings, name)},
    }
    if google is not None:
        fields |= {
            "google": _ON,
            "google.wait_milliseconds": str(google.wait_milliseconds),
            **{f"google.{name}": _ON for name in _GOOGLE_SWITCHES if getattr(google, name)},
            **{f"google.signals.{signal}": key for signal, key in google.signals.items()},
            "google.regions": "\n".join(
                f"{' '.join(region.regions)} = {' '.join(region.granted)}".strip()
                for region in google.regions
            ),
        }
    listed = [(name, one) for name in _LISTS for one in getattr(settings, name)]
    return MultiDict([*fields.items(), *listed])


def read_studio_form(form: MultiDict[str, str]) -> BannerSettings:
    """Returns the settings in a form, as it shall be saved.

    Raises CommandError naming the place that does not fit, or the colours that cannot be read.
    """
    settings = read_unsaved(form)
    check_look(settings.look)
    return settings


def read_unsaved(form: MultiDict[str, str]) -> BannerSettings:
    """The same for a look at them: colours may still be unreadable, or without their pair."""
    if "look.position" not in form:
        raise CommandError(N_("The form came incomplete; load the page anew."))
    raw = {
        "look": _look(form),
        "modes": {
            "default": form.get("modes.default", ""),
            "regions": dict(_pairs(form.get("modes.regions", ""))),
        },
        "google": _google(form) if "google" in form else None,
        **{name: name in form for name in SWITCHES},
        **{name: form.getlist(name) for name in _LISTS},
    }
    try:
        return msgspec.convert(raw, BannerSettings)
    except msgspec.ValidationError as error:
        raise CommandError(N_("The settings cannot be read: %(error)s"), error=error) from error


def _look(form: MultiDict[str, str]) -> dict[str, Any]:
    return {
        "position": form.get("look.position"),
        "preset": form.get("look.preset"),
        "scheme": form.get("look.scheme"),
        "radius_px": _number(form.get("look.radius_px", "")),
        "motion": "look.motion" in form,
        "colours": _colours(form, "look.colours"),
        "dark_colours": _colours(form, "look.dark_colours"),
    }


def _colours(form: MultiDict[str, str], place: str) -> dict[str, str]:
    typed = {name: form.get(f"{place}.{name}", "").strip().lower() for name in COLOURS}
    return {
        name: colour if colour.startswith("#") else f"#{colour}"
        for name, colour in typed.items()
        if colour
    }


def _google(form: MultiDict[str, str]) -> dict[str, Any]:
    prefix = "google.signals."
    named = [name for name in form if name.startswith(prefix)]
    return {
        "signals": {name.removeprefix(prefix): form[name] for name in named},
        "regions": [
            {"regions": regions.replace(",", " ").split(), "granted": granted.split()}
            for regions, _sign, granted in (
                line.partition("=") for line in _lines(form.get("google.regions", ""))
            )
        ],
        "wait_milliseconds": _number(form.get("google.wait_milliseconds", "")),
        **{name: f"google.{name}" in form for name in _GOOGLE_SWITCHES},
    }


def _pairs(text: str) -> list[tuple[str, str]]:
    """Lines such as `US opt_out`; a line of another shape is refused by the schema."""
    words = [line.split(maxsplit=1) for line in _lines(text)]
    return [(pair[0].upper(), pair[1] if len(pair) > 1 else "") for pair in words]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()[:_LINES] if line.strip()]


def _number(text: str) -> int | str:
    """A number, or what was typed, for the schema to refuse."""
    return int(text) if text.isdecimal() and len(text) < 7 else text
