"""What only the tests of faults need."""

from __future__ import annotations

from support.cluster import cluster

__all__ = ["cluster"]
