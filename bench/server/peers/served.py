"""Serves another WSGI application with exactly the server settings of `consent-server serve`.

    python -m bench.server.peers.served MODULE:FACTORY --port 8001 --workers 2

Reads `CONSENT_*` as the service does: the number of workers and threads may depend on them.
"""

from __future__ import annotations

import argparse

from consent_server import server
from consent_server.config import Settings


def main() -> None:
    """Serves until stopped."""
    parser = argparse.ArgumentParser(prog="python -m bench.server.peers.served")
    parser.add_argument("application", help="module:factory")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    options = parser.parse_args()
    server.serve(
        Settings.from_environ(),
        host="127.0.0.1",
        port=options.port,
        workers=options.workers,
        application=options.application,
    )


if __name__ == "__main__":
    main()
