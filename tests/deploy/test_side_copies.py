"""What is shipped for the programs around the service tells them to keep nothing of a visitor."""

from __future__ import annotations

import re

from support.prepared import ROOT

DEPLOY = ROOT / "deploy"


def test_nginx_logs_no_request_and_keeps_no_body_on_disk() -> None:
    settings = (DEPLOY / "nginx.conf").read_text()
    logs = re.findall(r"^ *(access_log|error_log) (.*);", settings, re.MULTILINE)
    servers = len(re.findall(r"^server {", settings, re.MULTILINE))

    assert [value for name, value in logs if name == "access_log"] == ["off"] * servers
    levels = [value.split()[-1] for name, value in logs if name == "error_log"]
    assert levels == ["emerg"]  # about nginx itself: a line about a request would name its client
    assert "proxy_max_temp_file_size 0;" in settings


def test_caddy_logs_no_request() -> None:
    settings = (DEPLOY / "Caddyfile").read_text()

    assert re.findall(r"^\s*log\b.*", settings, re.MULTILINE) == ["\tlog default {"]
    assert "exclude http.log http.handlers http.stdlib" in settings


def test_systemd_writes_no_memory_of_the_service_to_a_disk() -> None:
    unit = (DEPLOY / "systemd" / "consent-server.service").read_text().splitlines()

    assert {"MemorySwapMax=0", "LimitCORE=0", "PrivateTmp=yes", "UMask=0077"} <= set(unit)
