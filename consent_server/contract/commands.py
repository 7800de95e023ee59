"""Examples as commands for a shell: curl, with the values of the reader's own site."""

from __future__ import annotations

import shlex
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from consent_server.contract import examples as ex
from consent_server.contract.document import PATH_EXAMPLES, fields_of_path, path_of
from consent_server.contract.parts import Example, Operation

_BREAK: Final = " \\\n  "
IN_A_SHELL: Final = {
    ex.VISITOR_TOKEN: "$TOKEN",
    ex.API_TOKEN: "$API_TOKEN",
}


def real_values(
    public_url: str, site_key: str, hashes: dict[str, str], version: int, purposes: tuple[str, ...]
) -> ex.Real:
    """Returns what stands for the examples on a page about one site. hashes: by language."""
    url = urlsplit(public_url)
    language = "en" if "en" in hashes or not hashes else min(hashes)
    texts = {
        ex.SITE: site_key,
        ex.ORIGIN: f"{url.scheme}://{url.netloc}",
        ex.TEXT_SHA256: hashes.get(language, ex.TEXT_SHA256),
        **IN_A_SHELL,
    }
    return ex.Real(texts, version, language, purposes)


def command(one: Operation, sent: Example, public_url: str, real: ex.Real) -> str:
    """Returns the command that sends an example."""
    at = {name: sent.at.get(name, PATH_EXAMPLES.get(name, "")) for name in fields_of_path(one.rule)}
    path = path_of(one.rule)
    for name, value in at.items():
        path = path.replace(f"{{{name}}}", quote(ex.filled(value, real), safe=""))
    query = urlencode(ex.filled(sent.query, real))
    words = ["curl -sS -X POST" if one.method == "post" else "curl -sS"]
    words[0] += f" {shlex.quote(f'{public_url}{path}' + (f'?{query}' if query else ''))}"
    headers = dict(ex.filled(sent.headers, real))
    if sent.json is not None:
        headers["Content-Type"] = "application/json"
    words += [f"-H {_quoted(f'{name}: {value}')}" for name, value in headers.items()]
    if sent.json is not None:
        words.append(f"-d {_quoted(msgspec.json.encode(ex.filled(sent.json, real)).decode())}")
    for name, value in ex.filled(sent.form or {}, real).items():
        words.append(f"--data-urlencode {_quoted(f'{name}={value}')}")
    return _BREAK.join(words)


def _quoted(text: str) -> str:
    """A variable of the shell is only read between double quotes; nothing of ours has both."""
    return f'"{text}"' if "$" in text else shlex.quote(text)
