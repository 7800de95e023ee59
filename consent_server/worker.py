"""What the server loads in each of its worker processes: the application, ready for the first load.

Whatever is made once and lives as long as the process is taken out of the garbage collector's
sight, so that a collection under load looks only at what requests leave behind.
"""

from __future__ import annotations

import gc

from flask import Flask

from consent_server.app import create_app


def application() -> Flask:
    """Returns the application of one worker."""
    app = create_app()
    gc.collect()
    gc.freeze()
    return app
