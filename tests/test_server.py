"""The real server against people who send too much, too slowly, or under another's name."""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from support.postgres import Postgres
from support.prepared import Prepared
from support.service import MakeService, Service

ORIGIN = "https://shop.example"
SLOW = 100
_PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module")
def server(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests here: they only send what is refused."""
    service = Service(tmp_path_factory.mktemp("server") / "home", prepared.libfaketime)
    service.run_cli("init")
    service.start()
    yield service
    service.kill()


def connect(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=_PATIENCE_SECONDS)


def head(*lines: str, path: str = "/healthz") -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: consent.example", *lines, ""]).encode()


def answer(connection: socket.socket) -> bytes:
    """Returns all that comes until the server hangs up."""
    received = b""
    try:
        while chunk := connection.recv(65_536):
            received += chunk
    except ConnectionError:  # it hung up while something was still on the way to it
        pass
    return received


def send(connection: socket.socket, content: bytes) -> bool:
    """Tells whether the other side still took it."""
    try:
        connection.sendall(content)
    except ConnectionError:
        return False
    return True


STARTS = (b"", b"GET /heal", head("X-A: b"))


def test_a_hundred_who_never_finish_hold_up_nobody_and_are_cut_off(server: Service) -> None:
    with ExitStack() as closing:
        slow = [closing.enter_context(connect(server)) for _ in range(SLOW)]
        for number, connection in enumerate(slow):
            send(connection, STARTS[number % len(STARTS)])

        status = server.get("/healthz")[0]
        still_open = sum(is_open(connection) for connection in slow)
        said = [answer(connection) for connection in slow]

    assert (status, still_open) == (200, SLOW)
    assert b"".join(said) == b""


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    finally:
        connection.settimeout(_PATIENCE_SECONDS)


TOO_MUCH = [
    pytest.param(head("X-A: " + "b" * 1_048_576, "Connection: close", ""), id="a header of 1 MB"),
    pytest.param(head("Connection: close", "", path="/" + "a" * 1_048_576), id="a line of 1 MB"),
    pytest.param(head(*(f"X-{n}: a" for n in range(101)), ""), id="more than a hundred headers"),
]


@pytest.mark.parametrize("content", TOO_MUCH)
def test_a_head_too_large_is_refused(server: Service, content: bytes) -> None:
    with connect(server) as connection:
        send(connection, content)
        said = answer(connection)

    assert said == b"" or said.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 414 "))


def test_header_lines_without_end_are_cut(server: Service) -> None:
    with connect(server) as connection:
        send(connection, head())
        taken = 0
        while taken < 10_000 and send(connection, b"X-%d: %s\r\n" % (taken, b"a" * 1000)):
            taken += 1

    assert taken < 10_000


def visit(service: Service, *headers: str) -> None:
    """Sends a visit with header lines as they are; urllib would tidy them up."""
    body = f'{{"site":"{service.site_key}","visit_id":"{uuid.uuid4()}","path":"/"}}'
    lines = [
        "POST /v1/visits HTTP/1.1", "Host: x", f"Origin: {ORIGIN}", "Connection: close",
        "Content-Type: text/plain", f"Content-Length: {len(body)}", *headers, "", body,
    ]  # fmt: skip
    with connect(service) as connection:
        send(connection, "\r\n".join(lines).encode())
        assert answer(connection).startswith(b"HTTP/1.1 204 ")


def test_of_forwarded_addresses_what_our_proxies_wrote_is_believed(
    make_service: MakeService,
) -> None:
    """The last case is what a proxy must prevent: docs/operations.md, "Behind a proxy"."""
    service = make_service({"CONSENT_TRUSTED_PROXIES": "1"})
    service.add_site(ORIGIN)
    service.start()

    visit(service, "X-Forwarded-For: 6.6.6.6, 203.0.113.5")
    visit(service, "X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 203.0.113.6")
    visit(service, "Forwarded: for=6.6.6.6", "X-Real-IP: 6.6.6.6", "Client-IP: 6.6.6.6")
    visit(service, "X-Forwarded-For: 203.0.113.7", "X_Forwarded_For: 6.6.6.6", "A: b", "C: d")
    addresses = [row["ip"] for row in service.export("visits", "--site", service.site_key)]

    assert sorted(addresses) == ["127.0.0.1", "203.0.113.5", "203.0.113.6", "6.6.6.6"]


def test_processes_on_one_postgresql_share_the_count(
    make_service: MakeService, postgres: Postgres
) -> None:
    names = postgres.new_database(), postgres.new_database()
    environ = {
        "CONSENT_DATABASE_URL": postgres.url(names[0]),
        "CONSENT_ARCHIVE_DATABASE_URL": postgres.url(names[1]),
        "CONSENT_RATE_LIMITS": "address 40/day",
        "CONSENT_SECRET_KEY": "q7Rk2vXw9Lz4TnB8cYd1HfJm5PsGa3Ue6Vi0Wo",
    }
    first, second = make_service(environ), make_service(environ)
    for service in (first, second):
        service.start()

    for _ in range(30):
        assert post(first) != 429
    taken = 0
    while post(second) != 429:
        taken += 1
        time.sleep(0.1)
    for service in (first, second):
        service.kill()
    for name in names:
        postgres.drop_database(name)

    assert taken < 40, "the second counted for itself"


def post(service: Service) -> int:
    return service.post("/v1/visits", {})[0]
