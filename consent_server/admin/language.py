"""How the console writes instants: in the zone of the law, with the zone named on the page."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_babel import gettext as _

from consent_server.admin.guard import has_role
from consent_server.config import Settings


def init_app(app: Flask, settings: Settings) -> None:
    """Gives templates `local_time`, `zone`, `has_role`, `address_with` and names of codes."""
    zone = ZoneInfo(settings.zone)

    def local_time(instant: datetime) -> str:
        return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")

    app.jinja_env.globals.update(
        local_time=local_time,
        zone=settings.zone,
        has_role=has_role,
        address_with=address_with,
        action_name=action_name,
        device_name=device_name,
    )


def address_with(**changes: object) -> str:
    """Returns the present address with some query fields changed (None removes one)."""
    values = dict(request.args) | changes
    kept = {name: value for name, value in values.items() if value is not None}
    return f"{request.path}?{urlencode(kept)}"


def action_name(action: str) -> str:
    """Returns what a visitor did, in the operator's language."""
    return {
        "accept_all": _("Allowed all"),
        "refuse_all": _("Refused all"),
        "customise": _("Chose in detail"),
        "ask_each": _("Ask each time"),
        "withdraw": _("Withdrew"),
        "gpc": _("Browser signal (GPC)"),
        "import": _("Imported"),
    }.get(action, action)


def device_name(device_class: str) -> str:
    """Returns a device class in the operator's language."""
    return {
        "pc": _("Computer"),
        "mobile": _("Phone"),
        "tablet": _("Tablet"),
        "bot": _("Robot"),
        "other": _("Other"),
    }.get(device_class, device_class)
