"""A power cut at any instant: what was acknowledged is there, once, and nothing else is."""

from __future__ import annotations

import json
import os
import platform
import random
import time
from pathlib import Path

from support.ledger import assert_nothing_is_lost_or_doubled, assert_tables_are_sound
from support.load import ORIGIN, Load
from support.service import MakeService

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "12"))  # `make faults` does 50
RESULT = os.environ.get("FAULT_RESULT", "")  # a file; the asserts come before it is written
_MOST_RECORDS = 150  # of a round; a batch has 8 at most, so this is any instant of its life


def test_nothing_acknowledged_is_lost_when_the_service_is_killed_again_and_again(
    make_service: MakeService,
) -> None:
    service = make_service()
    service.add_site(ORIGIN)
    service.start()
    dice = random.Random(4)
    started = time.monotonic()

    with Load(service) as load:
        for _ in range(ROUNDS):
            load.wait_for_kept(dice.randint(1, _MOST_RECORDS))
            service.kill()
            service.start()
        load.wait_for_kept(1)
    service.kill()

    assert load.unexpected == []
    assert_nothing_is_lost_or_doubled(service, load)
    assert_tables_are_sound(f"sqlite:///{service.home / 'consent.db'}", load)
    write_result(load, time.monotonic() - started)


def write_result(load: Load, seconds: float) -> None:
    """Keeps what was proven, for `make faults`."""
    if RESULT:
        facts = {
            "kills": ROUNDS,
            "seconds": round(seconds),
            "consents_acknowledged": len(load.consents),
            "visits_acknowledged": len(load.visits),
            "requests_without_answer_sent_again": load.answers[0],
            "lost": 0,
            "doubled": 0,
            "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, "
            f"Python {platform.python_version()}",
        }
        Path(RESULT).write_text(json.dumps(facts, indent=2) + "\n")
