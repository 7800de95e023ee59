"""What a page tells: hosts, gates and names of cookies, never a value, whatever the text is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_server.linting.evidence import Evidence, evidence_in

PAGE = """<!doctype html><link rel="canonical" href="https://shop.example/">
<link rel="preload" href="https://fonts.example/a.woff2">
<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
<script type="text/plain" data-category="analytics" data-src="//cdn.pulse.example/p.js"></script>
<iframe data-category="!marketing" data-service="video" data-src="https://video.example/1"></iframe>
<img src="/logo.svg"><a href="https://elsewhere.example">link</a>"""


def test_a_page_tells_what_it_loads_and_what_waits() -> None:
    assert evidence_in(PAGE, ["session=s3cret; Path=/; HttpOnly"]) == Evidence(
        hosts=frozenset({"fonts.example", "www.googletagmanager.com"}),
        gated=frozenset({"cdn.pulse.example", "video.example"}),
        categories=frozenset({"analytics", "marketing"}),
        services=frozenset({"video"}),
        names=frozenset({"session"}),
    )


@pytest.mark.parametrize("text", ["_ga=1.2; theme=dark", "_ga=1;theme=\n", " _ga=a=b; theme=x;"])
def test_cookies_tell_their_names_and_never_their_values(text: str) -> None:
    assert evidence_in(text) == Evidence(names=frozenset({"_ga", "theme"}))


@pytest.mark.parametrize("text", ["", "words", "<![word[ x", '<script src="http://[">', "<" * 999])
def test_what_is_neither_tells_nothing(text: str) -> None:
    assert evidence_in(text) == Evidence()


@given(st.text(alphabet='<>!/[]=;"&-abc \n', max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    evidence_in(text)
