"""What every template of the console may call: instants in the zone of the law, words, rights.

The zone is named on every page that shows a time.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_babel import gettext as _

from consent_server.admin.guard import has_role, may, may_everywhere, may_open, roles_held
from consent_server.admin.words import all_words
from consent_server.admin.words.people import role_name
from consent_server.config import Settings


def init_app(app: Flask, settings: Settings) -> None:
    """Gives templates the functions of this module."""
    zone = ZoneInfo(settings.zone)

    def local_time(instant: datetime) -> str:
        return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")

    def local_day(instant: datetime) -> str:
        return instant.astimezone(zone).strftime("%Y-%m-%d")

    app.jinja_env.globals.update(
        all_words(),
        local_time=local_time,
        local_day=local_day,
        instant_of=datetime.fromisoformat,
        zone=settings.zone,
        visit_months=settings.visit_months,
        has_role=has_role,
        may=may,
        may_everywhere=may_everywhere,
        may_open=may_open,
        own_roles=own_roles,
        present_room=present_room,
        address_with=address_with,
    )


def address_with(**changes: object) -> str:
    """Returns the present address with some query fields changed (None removes one)."""
    values: dict[str, object] = {**request.args.to_dict(), **changes}
    kept = {name: value for name, value in values.items() if value is not None}
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def present_room() -> str:
    """Returns the first word of the address under /admin: the room that a page belongs to."""
    words = request.path.split("/")
    return words[2].replace("-", "_") if len(words) > 2 else ""


def own_roles() -> str:
    """Returns the roles of the operator who is signed in."""
    return ", ".join(role_name(role) for role in reversed(roles_held())) or _("No role")
