"""What it costs a decision to be counted by device and country: microseconds of the request.

The real `Hearing` of an application on SQLite hears decisions with the headers of visitors in
tests/vectors/user_agents.json in turn, as they come under load: all are in the cache. Processor
time of one thread; the median of the rounds counts. Writing down what was heard is timed
apart: it is done every five seconds, by another thread.

    python -m bench.hearing
"""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from dataclasses import replace
from statistics import median

from bench.deployment import ROOT
from consent_server.app import create_app
from consent_server.config import Settings
from consent_server.consents.schemas import Submission
from consent_server.house import house_of
from consent_server.storage.migrate import upgrade

_CORPUS = ROOT / "tests" / "vectors" / "user_agents.json"
_ROUNDS, _A_ROUND = 9, 10_000
_COUNTRIES = ("KR", "US", "JP", "DE", "")


def main() -> None:
    """Measures and prints."""
    headers = json.loads(_CORPUS.read_text())["visitors"]
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.from_environ({"CONSENT_HOME": home})
        upgrade(settings)
        for name, changed in (
            ("device", settings),
            ("device and country by header", replace(settings, country_header="CF-IPCountry")),
        ):
            app = create_app(changed)
            hearing, writer = house_of(app).hearing, house_of(app).writer
            environs = [
                {"HTTP_USER_AGENT": header, "HTTP_CF_IPCOUNTRY": _COUNTRIES[n % 5]}
                for n, header in enumerate(headers)
            ]
            rounds, flushes = [], []
            for _ in range(_ROUNDS):
                began = time.thread_time()
                for n in range(_A_ROUND):
                    hearing.hear(1 + n % 3, _SUBMISSION, environs[n % len(environs)])
                rounds.append((time.thread_time() - began) / _A_ROUND * 1e6)
                began = time.perf_counter()
                assert hearing.flush()
                flushes.append((time.perf_counter() - began) * 1e3)
            print(f"{name}: {median(rounds):.1f} us a decision, {median(flushes):.1f} ms a flush")
            writer.close()
            house_of(app).limiter.close()


_SUBMISSION = Submission(
    site="s",
    submission_id=uuid.uuid4(),
    policy_version=1,
    language="ko",
    text_sha256="0" * 64,
    action="accept_all",
    decisions={"functional": True, "analytics": True, "marketing": True},
)

if __name__ == "__main__":
    main()
