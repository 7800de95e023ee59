"""`/docs`: the contract for people; its commands are really sent."""

from __future__ import annotations

import html
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

from consent_server.contract.document import OPERATIONS
from consent_server.operators.tokens import add_token
from support.contract import NEAR
from support.shop import ORIGIN, MakeShop, Shop

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)

COMMANDS = re.compile(r"<pre[^>]*><code>(curl .*?)</code></pre>", re.DOTALL)


@pytest.fixture
def shop(make_shop: MakeShop) -> Shop:
    """A site whose pages come from the service's own address, as in the demo."""
    return make_shop(public_url=ORIGIN, metrics="on")


def commands(shop: Shop) -> list[str]:
    page = shop.app.test_client().get(f"/docs?site={shop.key}").text
    return [html.unescape(found) for found in COMMANDS.findall(page)]


def run(shop: Shop, command: str, variables: dict[str, str]) -> TestResponse:
    """Sends what curl would."""
    for name, value in variables.items():
        command = command.replace(f"${name}", value)
    words = iter(word for word in shlex.split(command)[1:] if word.strip())
    method, address = "GET", ""
    headers: dict[str, str] = {}
    data: Any = None
    for word in words:
        match word:
            case "-sS":
                continue
            case "-X":
                method = next(words)
            case "-H":
                name, _, headers[name] = next(words).partition(": ")
            case "-d":
                data = next(words).encode()
            case "--data-urlencode":
                name, _, value = next(words).partition("=")
                data = {**(data if isinstance(data, dict) else {}), name: value}
            case _:
                address = word
    url = urlsplit(address)
    assert f"{url.scheme}://{url.netloc}" == ORIGIN
    return Client(shop.app, use_cookies=False).open(
        url.path,
        method=method,
        query_string=url.query,
        headers=headers,
        data=data,
        environ_base=NEAR,
    )


def test_the_commands_of_a_site_work_as_they_stand(shop: Shop) -> None:
    with shop.app.app_context():
        variables = {"API_TOKEN": add_token("docs", ["consents.export"], None, 1)}
    shown = commands(shop)
    statuses = {}

    for command in shown:
        answer = run(shop, command, variables)
        statuses[command] = answer.status_code
        if answer.status_code == 201:
            variables["TOKEN"] = json.loads(answer.data)["token"]

    assert len(shown) == sum(sent.is_shown for one in OPERATIONS for sent in one.examples)
    assert [one for one, status in statuses.items() if status not in (200, 201, 204, 303)] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        pytest.param("en", ["HTTP API", "Parameters", "Answers"], id="English"),
        pytest.param("ko", ["HTTP API", "매개변수", "응답"], id="Korean"),
    ],
)
def test_the_page_tells_every_address_without_any_script(
    client: FlaskClient, language: str, words: list[str]
) -> None:
    answer = client.get(f"/docs?lang={language}")

    assert [word for word in words if word not in answer.text] == []
    for one in OPERATIONS:
        assert one.method == "options" or f'id="{one.name}"' in answer.text
    assert "<script" not in answer.text
    assert " style=" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert sorted(outside(answer.text)) == []


def outside(page: str) -> Iterator[str]:
    """Yields what the page loads from elsewhere."""
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        if not address.startswith(("/static/", "/docs", "/openapi.json", "#")):
            yield address


def test_a_key_of_no_site_is_said_and_shows_examples(client: FlaskClient) -> None:
    page = client.get('/docs?lang=en&site="><script>').text

    assert "No site has this key" in page
    assert "<script" not in page
