"""The committed script is what its source builds, so that Python users need no Node."""

from __future__ import annotations

import subprocess

from support.prepared import ROOT, Prepared


def test_the_committed_script_equals_a_rebuild_and_its_types_hold(prepared: Prepared) -> None:
    done = subprocess.run(
        [*prepared.npm, "run", "check"],
        cwd=ROOT / "banner",
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "embed.js: raw" in done.stdout
