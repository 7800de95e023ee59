"""The demo: a fictitious product whose pages carry the script tag and gate four services.

Nothing here is needed by a real deployment; `app` joins it only for `consent-server demo`.
"""

from __future__ import annotations

from flask import Flask

from consent_server.config import Settings
from consent_server.demo.views import blueprint


def init_app(app: Flask, settings: Settings, site_key: str) -> None:
    """Serves the product pages at /demo. site_key: as returned by demo.services.prepare_demo."""
    app.register_blueprint(blueprint(settings, site_key))
