"""`user-agents`' own objects, filled by ua-parser's matcher in Rust: the same answers, sooner.

`user_agents.parse` calls ua-parser's old module, which tries a thousand Python expressions one
after the other. The matcher in Rust tries them at once, in time linear in the header's length.
Importing this module loads it (0.3 s, 30 MiB), so it is imported at first use.

The matcher drops upper bounds of 100 and more (`.{0,100}` becomes `.*`) to save memory. Six rules
stand on such a bound: it says how far from the start a word may be ("bot", "crawl"). They get it
back, written as repetitions of 50. What stays different is rare: blanks after a name are cut, and
in torn headers a bound of 100 and more between two words of one rule does not hold.
"""

from __future__ import annotations

import re
from copy import copy
from typing import Any, Final, TypeVar

from ua_parser.core import Matcher
from ua_parser.loaders import load_lazy_builtins
from ua_parser.regex import Resolver
from user_agents import parsers

Rule = TypeVar("Rule", bound=Matcher[Any])

_FAR_START: Final = re.compile(r"^\^\.\{0,([1-9])00\}(\??)")
_NO_BROWSER: Final = parsers.parse_browser("Other")
_NO_SYSTEM: Final = parsers.parse_operating_system("Other")
_NO_DEVICE: Final = parsers.parse_device("Other", None, None)


class Agent(parsers.UserAgent):
    """A `user_agents` object; every question it answers is asked of the library's own code."""

    def __init__(self, header: str) -> None:
        """Fills what `user_agents.parsers.UserAgent` fills, with the library's own functions.

        Calling the resolver itself would wrap what is found once more: a third of the whole time.
        """
        self.ua_string = header
        self.os, self.browser, self.device = _NO_SYSTEM, _NO_BROWSER, _NO_DEVICE
        if os := _RESOLVER.os.extract(header):
            self.os = parsers.parse_operating_system(os.family, os.major, os.minor, os.patch)
        if ua := _RESOLVER.ua.extract(header):
            self.browser = parsers.parse_browser(ua.family, ua.major, ua.minor, ua.patch)
        if device := _RESOLVER.de.extract(header):
            self.device = parsers.parse_device(device.family, device.brand, device.model)


def agent_of(header: str) -> Agent:
    """Returns what `user_agents.parse` would; never raises, whatever the header holds."""
    return Agent(header if header.isascii() else _readable(header))


def _readable(header: str) -> str:
    """Returns a header without what the libraries cannot bear.

    Lone surrogates are no text to the matcher; digits such as the superscript two are digits to
    `user-agents` but no number to int().
    """
    text = header.encode("utf-8", "replace").decode("utf-8")
    return "".join("?" if c.isdigit() and not c.isdecimal() else c for c in text)


def _with_its_bound(rule: Rule) -> Rule:
    bound = _FAR_START.match(rule.regex)
    if bound is None:
        return rule
    changed: Any = copy(rule)
    start = "^" + f".{{0,50}}{bound[2]}" * (2 * int(bound[1]))
    changed.regex = start + rule.regex[bound.end() :]
    return changed  # type: ignore[no-any-return]


def _resolver() -> Resolver:
    browsers, systems, devices = load_lazy_builtins()
    return Resolver(
        (
            [_with_its_bound(rule) for rule in browsers],
            [_with_its_bound(rule) for rule in systems],
            [_with_its_bound(rule) for rule in devices],
        )
    )


_RESOLVER: Final = _resolver()
