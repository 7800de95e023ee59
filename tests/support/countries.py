"""Country databases as an operator would download them, with networks reserved for examples."""

from __future__ import annotations

from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

IN_THE_US = "203.0.113.7"
IN_KOREA = "2001:db8::7"
NOWHERE = "198.51.100.7"
_NETWORKS = {"203.0.113.0/24": "US", "2001:db8::/32": "KR"}


def write_countries(file: Path, networks: dict[str, str] | None = None) -> Path:
    """Writes a database in MaxMind DB format and returns its path. networks: CIDR -> country."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-Country")
    for network, country in (networks or _NETWORKS).items():
        writer.insert_network(IPSet([network]), {"country": {"iso_code": country}})
    writer.to_db_file(str(file))
    return file
