"""An instant as it is typed on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click


class Instant(click.ParamType[datetime]):
    """A date or an instant in ISO 8601; without a zone it means UTC."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Returns an aware instant."""
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not like 2026-01-15 or 2026-01-15T09:30:00+09:00")
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
