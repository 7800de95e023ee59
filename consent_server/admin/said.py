"""Errors of services in the operator's language: their words are translated here, at the border.

A service raises CommandError in English, for every caller; what a page can show is marked with
`N_`, so that it is found for translation, and keeps its fields apart from its words.
"""

from __future__ import annotations

import msgspec
from flask_babel import gettext

from consent_server.admin.misfits import misfit
from consent_server.errors import CommandError


def said(error: CommandError) -> str:
    """Returns what an error says, in the language of the page."""
    fields = {name: _part(value) for name, value in error.fields.items()}
    return gettext(error.template, **fields) if error.template else str(error)


def _part(value: object) -> object:
    """Returns a field as it stands in the sentence: an error within an error is said as well."""
    if isinstance(value, CommandError):
        return said(value)
    return misfit(value) if isinstance(value, msgspec.ValidationError) else value
