"""`deploy/nginx.conf`: what the service leaves to the proxy in front of it, nginx does."""

from __future__ import annotations

import socket
import ssl
import uuid
from contextlib import ExitStack
from http.client import HTTPResponse

import pytest

from support.proxy import Proxy
from support.service import Service

ORIGIN = "https://shop.example"
Proxied = tuple[Proxy, Service]


def test_nginx_finds_nothing_wrong_with_it(proxied: Proxied) -> None:
    said = proxied[0].check()

    assert "test is successful" in said
    assert "[warn]" not in said


def visit(proxied: Proxied, client: str, *headers: tuple[str, str]) -> int:
    """Sends a visit through nginx, with header lines exactly as given."""
    proxy, service = proxied
    body = f'{{"site":"{service.site_key}","visit_id":"{uuid.uuid4()}","path":"/"}}'.encode()
    connection = proxy.connect(client)
    connection.putrequest("POST", "/v1/visits")
    for name, value in (
        ("Origin", ORIGIN), ("Content-Type", "text/plain"), ("Content-Length", str(len(body))),
        *headers,
    ):  # fmt: skip
        connection.putheader(name, value)
    connection.endheaders(body)
    with connection.getresponse() as response:
        status = response.status
    connection.close()
    return status


def test_the_address_recorded_is_the_real_one_whatever_a_client_claims(proxied: Proxied) -> None:
    _, service = proxied
    claims: list[tuple[tuple[str, str], ...]] = [
        (),
        (("X-Forwarded-For", "6.6.6.6"),),
        (("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "7.7.7.7")),
        (("X_Forwarded_For", "6.6.6.6"), ("A", "b"), ("C", "d")),
        (("X-Forwarded_For", "6.6.6.6"), ("A", "b"), ("C", "d")),
    ]

    answers = [
        visit(proxied, f"127.0.0.{50 + number}", *claim) for number, claim in enumerate(claims)
    ]
    addresses = [row["ip"] for row in service.export("visits", "--site", service.site_key)]

    assert set(answers) == {204}
    assert sorted(addresses) == [f"127.0.0.{50 + number}" for number in range(len(claims))]


def test_a_hundred_slow_bodies_hold_up_nobody(proxied: Proxied) -> None:
    """They wait in nginx; each would hold one of the service's threads for good."""
    head = (
        b"POST /v1/visits HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n"
    )
    with ExitStack() as opened:
        slow = [opened.enter_context(tunnel(proxied[0])) for _ in range(100)]
        for connection in slow:
            connection.sendall(head + b"\r\n{")

        status = visit(proxied, "127.0.0.1")
        waiting = sum(is_waiting(connection) for connection in slow)

    assert (status, waiting) == (204, 100)


def is_waiting(connection: ssl.SSLSocket) -> bool:
    connection.setblocking(False)
    try:
        connection.recv(1)
    except ssl.SSLWantReadError:
        return True
    return False


def tunnel(proxy: Proxy) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
    return proxy.trust.wrap_socket(plain, server_hostname="127.0.0.1")


def get(proxied: Proxied, path: str, **headers: str) -> HTTPResponse:
    connection = proxied[0].connect()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def test_the_script_passes_as_the_service_compressed_it(proxied: Proxied) -> None:
    script = get(proxied, f"/embed/{proxied[1].site_key}.js", **{"Accept-Encoding": "br, gzip"})

    assert (script.status, script.headers["Content-Encoding"]) == (200, "br")


def test_styles_are_compressed_on_the_way(proxied: Proxied) -> None:
    style = get(proxied, "/static/pages/base.css", **{"Accept-Encoding": "gzip"})

    assert (style.status, style.headers["Content-Encoding"]) == (200, "gzip")


REFUSED = [
    pytest.param({"path": "/metrics"}, 404, id="what only monitoring may see"),
    pytest.param({"path": "/healthz", "X-A": "b" * 9_000}, 400, id="a head too large"),
    pytest.param({"path": "/" + "a" * 9_000}, 414, id="a line too long"),
]


@pytest.mark.parametrize(("asked", "status"), REFUSED)
def test_nginx_refuses_before_the_service_hears_of_it(
    proxied: Proxied, asked: dict[str, str], status: int
) -> None:
    answer = get(proxied, **asked)

    assert answer.status == status
    assert answer.headers["Server"].startswith("nginx")


def test_nothing_that_nginx_writes_names_a_client(proxied: Proxied) -> None:
    proxy, _ = proxied
    visit(proxied, "127.0.0.77")
    written = "".join(file.read_text() for file in proxy.folder.glob("*log"))

    assert "127.0.0.77" not in written
