"""The pages that are compared: one plain text page, each with another banner in its head.

Ours has the settings of a site that was just added. The others are set up as their guides say, in
English, with two optional purposes; what is not their default is said in `pages/*.html`. Where a
banner can hold scripts back by markup there is a second page with 20 of them.

vanilla-cookieconsent hides from robots, and takes a browser without a window for one: it is told
not to. tarteaucitron's own images, credits and outside addresses are off.
"""

from __future__ import annotations

import json
import mimetypes
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from bench.deployment import Deployment
from bench.product import File

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
TAGS = 20
_PAGES = HERE / "pages"
_TEXT = "Plain text of an ordinary page, long enough to be laid out. " * 8
_SECTIONS = "".join(f"<h2>Section {number}</h2><p>{_TEXT}</p>" for number in range(8))
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Product</title>'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<link rel="icon" href="data:,">'
    "<style>body{{font:16px/1.5 sans-serif;margin:0 auto;max-width:60em;padding:1em}}</style>"
    "{head}</head><body><main><h1>Product</h1>{sections}</main>{tags}</body></html>"
)
# About a millisecond at full speed, as the snippet of an analytics or advertising service takes.
_TAG = "(()=>{let sum=0;for(let i=0;i<1e5;i++)sum+=i%7;(window.ran??=[]).push(sum)})()"

Kind = Literal["page", "floor", "ours", "peer"]


@dataclass(frozen=True)
class Entry:
    """One page. banner, accept: CSS selectors; gate: the marks of a script that waits."""

    name: str
    kind: Kind
    head: str = ""
    banner: str = ""
    accept: str = ""
    gate: str = ""
    files: dict[str, Path] = field(default_factory=dict)
    has_tags: bool = False

    @property
    def path(self) -> str:
        """Where it lies on the product's origin."""
        return f"/{self.name}/"

    def with_tags(self) -> Entry:
        """Returns the same page with 20 scripts that wait for consent."""
        return replace(self, name=f"{self.name}-{TAGS}-tags", has_tags=True)

    def html(self) -> str:
        """Returns the page."""
        tags = "".join(_tag(self.gate, number) for number in range(TAGS * self.has_tags))
        return _PAGE.format(head=self.head, sections=_SECTIONS, tags=tags)


def entries(target: Deployment, built: Path) -> list[Entry]:
    """Returns all pages. built: the folder with what bundle.py has made."""
    plain = [Entry("bare", "page"), *_floors(built), _ours(target), *_peers(built)]
    return plain + [entry.with_tags() for entry in plain if entry.gate]


def publish(target: Deployment, entry: Entry) -> None:
    """Puts a page and its files on the product's origin."""
    files = target.product.files
    files[entry.path] = File.page(entry.html())
    for name, source in entry.files.items():
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        files[entry.path + name] = File(kind, source.read_bytes())
    for number in range(TAGS // 2, TAGS):
        files[f"{entry.path}tag{number}.js"] = File("text/javascript", _TAG.encode())


def versions() -> dict[str, str]:
    """Returns the version of every package that is compared."""
    asked = json.loads((HERE / "package.json").read_text())["dependencies"]
    return dict(asked)


def _floors(built: Path) -> list[Entry]:
    code = built / "floor.js"
    inline = f"<script>{code.read_text()}</script>"
    by_script = '<script async src="floor.js"></script>'
    accept = "#fb [data-a='1']"
    return [
        Entry("floor-inline", "floor", inline, "#fb", accept),
        Entry("floor-script", "floor", by_script, "#fb", accept, files={"floor.js": code}),
    ]


def _ours(target: Deployment) -> Entry:
    return Entry(
        "ours", "ours", target.tag, "#cs-notice", "#cs-notice [data-role=all]",
        gate='data-category="analytics"',
    )  # fmt: skip


def _peers(built: Path) -> list[Entry]:
    return [
        _peer(
            "vanilla-cookieconsent", "#cc-main .cm", "#cc-main .cm [data-role=all]",
            ["vanilla-cookieconsent/dist/cookieconsent.umd.js",
             "vanilla-cookieconsent/dist/cookieconsent.css"],
            gate='data-category="analytics"',
        ),
        _peer(
            "klaro", ".klaro .cookie-notice", ".klaro .cookie-notice .cm-btn-success",
            ["klaro/dist/klaro.js"],
            gate='data-type="text/javascript" data-name="analytics"',
        ),
        _tarteaucitron(),
        _peer(
            "osano", ".cc-window", ".cc-btn.cc-allow",
            ["cookieconsent/build/cookieconsent.min.js",
             "cookieconsent/build/cookieconsent.min.css"],
        ),
        Entry(
            "c15t", "peer", _head("c15t"),
            '[data-testid="consent-banner-card"]', '[data-testid="consent-banner-accept-button"]',
            files={name: built / name for name in ("c15t.js", "c15t.css")},
        ),
    ]  # fmt: skip


def _peer(name: str, banner: str, accept: str, files: list[str], gate: str = "") -> Entry:
    found = {Path(file).name: PACKAGES / file for file in files}
    return Entry(name, "peer", _head(name), banner, accept, gate, found)


def _tarteaucitron() -> Entry:
    """Its script loads further ones from beside itself."""
    folder = PACKAGES / "tarteaucitronjs"
    wanted = [*folder.glob("*.js"), *folder.glob("css/*.css"), *folder.glob("lang/*.en*.js")]
    return Entry(
        "tarteaucitron", "peer", _head("tarteaucitron"),
        "#tarteaucitronAlertBig", "#tarteaucitronPersonalize2",
        files={f"t/{file.relative_to(folder)}": file for file in wanted},
    )  # fmt: skip


def _head(name: str) -> str:
    return (_PAGES / f"{name}.html").read_text()


def _tag(gate: str, number: int) -> str:
    """The first half stand in the page: after a file, some wait for it and spare the click."""
    if number >= TAGS // 2:
        return f'<script type="text/plain" {gate} data-src="tag{number}.js"></script>'
    return f'<script type="text/plain" {gate}>{_TAG}</script>'
