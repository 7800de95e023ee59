"""The settings that hold for operators, wherever an operator is looked at."""

from __future__ import annotations

from flask import current_app

from consent_server.config import Settings

_PLACE = "consent_server.operators"


def settings_in_force() -> Settings:
    """Returns the settings of the present application."""
    settings = current_app.extensions[_PLACE]
    assert isinstance(settings, Settings)
    return settings


def put_in_force(extensions: dict[str, object], settings: Settings) -> None:
    """Makes settings those of an application."""
    extensions[_PLACE] = settings
