"""What a public forge runs is what the README says, and it keeps how every page looks."""

from __future__ import annotations

import os
import re
from typing import Any

import yaml

from support.prepared import ROOT

_LIGHT_BYTES = 200_000


def steps() -> list[dict[str, Any]]:
    definition = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    found: list[dict[str, Any]] = definition["jobs"]["tests"]["steps"]
    return found


def test_a_change_is_tested_by_the_command_of_the_readme() -> None:
    assert ".ci/run" in [step.get("run") for step in steps()]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "exec make test" in (ROOT / ".ci" / "run").read_text()


def test_what_every_page_looks_like_is_kept_also_when_a_test_failed() -> None:
    [kept] = [step for step in steps() if "upload-artifact" in step.get("uses", "")]

    assert kept["with"]["path"] == "artefacts/"
    assert "cancelled()" in kept["if"]


def test_the_readme_has_three_pictures_that_are_light() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text())

    assert len(pictures) == 3
    assert max((ROOT / picture).stat().st_size for picture in pictures) < _LIGHT_BYTES
