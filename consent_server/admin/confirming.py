"""What cannot be undone is confirmed by typing the name of what it ends; checked on the server.

The field is that of templates/admin/_confirm.html. tests/house lists every act that asks for it.
"""

from __future__ import annotations

from typing import Final

from flask import request
from flask_babel import gettext as _

from consent_server.admin.choices import read_line

FIELD: Final = "typed"


def is_confirmed(name: str) -> bool:
    """Whether the form that was sent names it; capital letters and outer spaces do not matter."""
    return read_line(request.form.get(FIELD, "")).casefold() == read_line(name).casefold()


def not_confirmed(name: str) -> str:
    """Returns why nothing was done."""
    return _("Nothing was done: type “%(name)s” to confirm it.", name=name)
