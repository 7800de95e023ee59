"""The labels that robots are said to find are found by the robot's own classifier."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from consent_server.linting.robots import KNOWN_LABELS
from consent_server.policies.wording import BUILT_IN
from support.prepared import ROOT, Prepared
from support.robots import ACTIONABLE

_CLASSIFIER = ROOT / "banner/node_modules/@duckduckgo/autoconsent/lib/heuristics.ts"
_SCRIPT = """
import { build } from 'esbuild'
const { outputFiles: [{ text }] } = await build({
  entryPoints: [process.argv[1]], bundle: true, format: 'esm', write: false,
})
const { classifyButtonTextRegex } = await import(
  'data:text/javascript;base64,' + Buffer.from(text).toString('base64'))
const labels = JSON.parse(process.argv[2])
console.log(JSON.stringify(labels.map((label) => classifyButtonTextRegex(label))))
"""


def classified(node: str, labels: list[str]) -> list[Any]:
    """Returns what autoconsent takes each label for."""
    command = [node, "--input-type=module", "-e", _SCRIPT, str(_CLASSIFIER), json.dumps(labels)]
    told = subprocess.run(command, cwd=ROOT / "banner", check=True, capture_output=True, text=True)
    answer: list[Any] = json.loads(told.stdout)
    return answer


def test_the_robot_takes_every_known_label_for_a_refusal_and_another_one_for_none(
    prepared: Prepared,
) -> None:
    labels = [label for known in KNOWN_LABELS.values() for label in known]

    *known, other = classified(prepared.node, [*labels, "Maybe later"])

    assert dict(zip(labels, known, strict=True)) == dict.fromkeys(labels, "reject")
    assert other != "reject"


def test_the_languages_are_those_in_which_robots_refuse_on_our_banner() -> None:
    assert KNOWN_LABELS.keys() == set(ACTIONABLE)
    for language, labels in KNOWN_LABELS.items():
        assert BUILT_IN[language]["texts"]["refuse_all"].casefold() in labels
