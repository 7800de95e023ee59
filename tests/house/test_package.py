"""The npm package holds what it should and nothing else."""

from __future__ import annotations

import json
import subprocess
import tomllib

from support.prepared import ROOT, Prepared

PACKAGE = ROOT / "banner" / "package"
NAMES = {"LICENSE", "README.md", "package.json", "dist/api.d.ts"} | {
    f"dist/{name}{ending}"
    for name in ("index", "react", "store", "vue")
    for ending in (".js", ".d.ts")
}


def test_what_is_published_is_the_licence_the_readme_types_and_code(prepared: Prepared) -> None:
    npm = prepared.npm
    subprocess.run([*npm, "run", "--silent", "package"], cwd=ROOT / "banner", check=True)

    command = [*npm, "pack", "--dry-run", "--json"]
    packed = subprocess.run(command, cwd=PACKAGE, capture_output=True, check=True)

    (tarball,) = json.loads(packed.stdout)
    assert {file["path"] for file in tarball["files"]} == NAMES


def test_the_package_has_the_licence_and_the_version_of_the_service() -> None:
    facts = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert (facts["version"], facts["license"]) == (project["version"], project["license"])
    assert (PACKAGE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_react_and_vue_are_asked_for_by_those_who_use_them_only() -> None:
    facts = json.loads((PACKAGE / "package.json").read_text("utf-8"))

    assert "dependencies" not in facts
    optional = {name for name, meta in facts["peerDependenciesMeta"].items() if meta["optional"]}
    assert optional == set(facts["peerDependencies"]) == {"react", "vue"}
