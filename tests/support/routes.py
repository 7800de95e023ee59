"""Compiles once per process what builds the addresses of a route: half the cost of an application.

Werkzeug makes it of the parts of the address alone, and hands the rule in whenever it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]
_compile: Final = Rule._compile_builder
_known: dict[tuple[tuple[tuple[bool, str], ...], bool], Builder] = {}


def _remembered(rule: Rule, append_unknown: bool = True) -> Builder:
    if rule.defaults:  # they would be part of it; none of our routes has any
        return _compile(rule, append_unknown)
    key = (tuple(rule._trace), append_unknown)
    if key not in _known:
        _known[key] = _compile(rule, append_unknown)
    return _known[key]


def remember_routes() -> None:
    """Does so from now on."""
    Rule._compile_builder = _remembered  # type: ignore[method-assign, assignment]
