"""The client address: canonical in every form, believed only as far as our proxies vouch."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from consent_server.web.client_address import client_address, normal_address

FORMS = [
    ("203.0.113.77", "203.0.113.77"),
    ("203.0.113.77:51234", "203.0.113.77"),
    (" 203.0.113.77 ", "203.0.113.77"),
    ('"203.0.113.77"', "203.0.113.77"),
    ("2001:db8::1", "2001:db8::1"),
    ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("[2001:db8::1]:443", "2001:db8::1"),
    ("::ffff:203.0.113.77", "203.0.113.77"),
    ("[::ffff:203.0.113.77]:443", "203.0.113.77"),
    ("::ffff:cb00:714d", "203.0.113.77"),
    ("fe80::1%eth0", "fe80::1"),
    ("[fe80::1%25eth0]:80", "fe80::1"),
    ("::1", "::1"),
    ("", ""),
    ("unknown", ""),
    ("203.0.113.777", ""),
    ("203.0.113", ""),
    ("0x7f.1", ""),
    ("203.0.113.77:port", ""),
    ("evil.example", ""),
    ("1" * 5000, ""),
]


@pytest.mark.parametrize(
    ("text", "canonical"), FORMS, ids=[form[0][:30] or "empty" for form in FORMS]
)
def test_every_form_of_an_address_has_one_canonical_text(text: str, canonical: str) -> None:
    assert normal_address(text) == canonical


def request_with(forwarded: list[str], peer: str = "10.0.0.1") -> Request:
    builder = EnvironBuilder(environ_base={"REMOTE_ADDR": peer})
    for value in forwarded:
        builder.headers.add("X-Forwarded-For", value)
    return Request(builder.get_environ())


HOPS = [
    pytest.param(0, ["198.51.100.9"], "10.0.0.1", id="no proxy: the header is ignored"),
    pytest.param(1, ["203.0.113.5"], "203.0.113.5", id="one proxy: its entry counts"),
    pytest.param(1, ["6.6.6.6, 203.0.113.5"], "203.0.113.5", id="the client's claim is ignored"),
    pytest.param(2, ["6.6.6.6, 203.0.113.5, 10.9.9.9"], "203.0.113.5", id="two proxies"),
    pytest.param(2, ["6.6.6.6, 203.0.113.5", "10.9.9.9"], "203.0.113.5", id="two header lines"),
    pytest.param(2, ["203.0.113.5"], "10.0.0.1", id="fewer entries than proxies: the peer counts"),
    pytest.param(1, [], "10.0.0.1", id="no header behind a proxy: the peer counts"),
    pytest.param(1, ["203.0.113.5:1234"], "203.0.113.5", id="ports are dropped"),
    pytest.param(1, ["nonsense"], "", id="nonsense is no address"),
]


@pytest.mark.parametrize(("proxies", "forwarded", "address"), HOPS)
def test_only_the_hops_of_our_own_proxies_are_believed(
    proxies: int, forwarded: list[str], address: str
) -> None:
    assert client_address(request_with(forwarded).environ, proxies) == address
