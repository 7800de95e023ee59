"""`deploy/postgresql/consent-server.conf`: what fails or is slow is logged without its values."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from support.marks import IPV4, found_in_folders
from support.postgres import Postgres
from support.prepared import ROOT

SETTINGS = (ROOT / "deploy" / "postgresql" / "consent-server.conf").read_text()
TO_A_FILE = "logging_collector = on\nlog_directory = 'log'\n"
ALL_ARE_SLOW = "log_min_duration_statement = 0\n"


def test_values_of_statements_stand_in_no_line_of_its_log(
    make_postgres: Callable[[str], Postgres],
) -> None:
    cluster = make_postgres(SETTINGS + TO_A_FILE + ALL_ARE_SLOW)
    database = cluster.new_database()
    with psycopg.connect(cluster.url(database), autocommit=True) as connection:
        connection.execute("CREATE TABLE seen (address text UNIQUE CHECK (address <> 'none'))")
        connection.execute("INSERT INTO seen VALUES (%s)", [f"{IPV4}/1"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO seen VALUES (%s)", [f"{IPV4}/1"])
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("INSERT INTO seen SELECT 'none' WHERE %s <> ''", [IPV4])
    log = b"".join(file.read_bytes() for file in (cluster.folder / "log").iterdir())

    assert b"duration:" in log
    assert b"INSERT INTO seen" in log
    assert b"duplicate key" in log
    assert found_in_folders([cluster.folder / "log"]) == []
