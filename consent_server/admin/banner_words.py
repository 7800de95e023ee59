"""Words for the settings of a banner, in the operator's language; codes as they are stored."""

from __future__ import annotations

from flask_babel import gettext as _


def position_names() -> dict[str, str]:
    """Returns where a notice may stand."""
    return {
        "bottom": _("Bottom, full width"),
        "top": _("Top, full width"),
        "bottom_left": _("Bottom left"),
        "bottom_right": _("Bottom right"),
        "top_left": _("Top left"),
        "top_right": _("Top right"),
        "centre": _("Centre; the page waits"),
        "inline": _("In the page's own element"),
    }


def preset_names() -> dict[str, str]:
    """Returns the sets of colours."""
    return {
        "plain": _("Plain: colours of the system"),
        "ink": _("Ink"),
        "paper": _("Paper"),
        "mint": _("Mint"),
        "contrast": _("High contrast"),
    }


def scheme_names() -> dict[str, str]:
    """Returns whether a banner is light or dark."""
    return {
        "auto": _("As the browser prefers"),
        "light": _("Always light"),
        "dark": _("Always dark"),
    }


def mode_names() -> dict[str, str]:
    """Returns how people are asked."""
    return {
        "opt_in": _("Ask first"),
        "opt_out": _("On until refused"),
        "notice": _("Only tell"),
        "off": _("Ask nobody"),
    }


def mode_name(mode: str) -> str:
    """Returns one way of asking."""
    return mode_names().get(mode, mode)


def theme_names() -> dict[str, str]:
    """Returns what a browser may prefer."""
    return {"light": _("Light"), "dark": _("Dark")}


def theme_name(theme: str) -> str:
    """Returns one of them."""
    return theme_names().get(theme, theme)


def colour_names() -> dict[str, str]:
    """Returns the five colours of a banner."""
    return {
        "background": _("Background"),
        "text": _("Text colour"),
        "accent": _("Accent"),
        "button": _("Button"),
        "button-text": _("Text of buttons"),
    }


def colour_name(name: str) -> str:
    """Returns one of them."""
    return colour_names().get(name, name)


def part_names() -> dict[str, str]:
    """Returns the parts of the script that may come at once."""
    return {
        "embeds": _("Placeholders of frames"),
        "question": _("Question of one service"),
    }


def switch_words() -> dict[str, tuple[str, str]]:
    """Returns a name and a sentence for each switch."""
    return {
        "blocking": (
            _("Block by hosts and names"),
            _("Holds back what pages did not mark themselves. Put the tag first, without async."),
        ),
        "reload": (_("Reload after withdrawal"), _("The page is loaded anew after it.")),
        "root_domain": (_("One choice for all subdomains"), _("The cookie goes to the domain.")),
        "import_choices": (
            _("Take over earlier choices"),
            _("Once, those made under seven other tools."),
        ),
        "mirror_cc": (
            _("Speak like vanilla-cookieconsent"),
            _("For pages that were written for its version 3."),
        ),
        "uet": ("Microsoft Advertising", ""),
        "clarity": ("Microsoft Clarity", ""),
        "meta": ("Meta Pixel", ""),
        "tiktok": ("TikTok Pixel", ""),
    }


def google_words() -> dict[str, str]:
    """Returns the switches of Consent Mode."""
    return {
        "ads_data_redaction": _("Redact advertising data while refused"),
        "url_passthrough": _("Pass click identifiers in addresses"),
    }
