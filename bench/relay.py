"""A counting wire: passes TCP through to the service and counts the bytes of each direction.

The browser's own counters leave out the headers of beacons; a wire leaves out nothing.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_CHUNK_BYTES = 65_536


class Relay:
    """Listens on a port of its own and relays to `port`, both on the loopback address."""

    def __init__(self, port: int) -> None:
        self.sent_bytes = 0
        self.received_bytes = 0
        self._target = ("127.0.0.1", port)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def take(self) -> tuple[int, int]:
        """Returns the bytes sent to and received from the service since the last call."""
        with self._lock:
            taken = self.sent_bytes, self.received_bytes
            self.sent_bytes = self.received_bytes = 0
        return taken

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: the measurement is over
            while True:
                browser, _ = self._listener.accept()
                service = socket.create_connection(self._target)
                for ends in ((browser, service, True), (service, browser, False)):
                    threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, is_sent: bool) -> None:
        with suppress(OSError):  # either side may hang up
            while chunk := source.recv(_CHUNK_BYTES):
                self._count(len(chunk), is_sent)
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)

    def _count(self, size: int, is_sent: bool) -> None:
        with self._lock:
            if is_sent:
                self.sent_bytes += size
            else:
                self.received_bytes += size
