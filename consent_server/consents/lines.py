"""What the lines of an export of consent records consist of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, String, case, literal_column, select

from consent_server.consents.models import ConsentRecord
from consent_server.consents.services import ConsentFilter, filtered
from consent_server.sites.models import Site
from consent_server.storage.database import table_of
from consent_server.storage.lines.pages import LineQuery

_TABLE = table_of(ConsentRecord)
_SITES = table_of(Site)
_FEW_SITES: Final = 20  # up to here a list in the query is quicker than a look into the table

_REPEATING: Final = frozenset(
    {"action", "policy_version", "language", "decisions", "services", "layer", "trusted", "gpc"}
)


def consent_lines(engine: Engine, chosen: ConsentFilter, site_keys: Mapping[int, str]) -> LineQuery:
    """Returns the query whose lines are the chosen records, all columns, the site by its key."""
    columns = (column for column in _TABLE.c if column.name not in ("id", "site_id"))
    query = filtered(chosen, engine).with_only_columns(_site(site_keys), _TABLE.c.id, *columns)
    return LineQuery(select=query, repeating=_REPEATING)


def _site(site_keys: Mapping[int, str]) -> ColumnElement[Any]:
    if not 0 < len(site_keys) <= _FEW_SITES:
        key = select(_SITES.c.key).where(_SITES.c.id == _TABLE.c.site_id)
        return key.scalar_subquery().label("site")
    keys = {row_id: literal_column(f"'{key}'", String) for row_id, key in site_keys.items()}
    return case(keys, value=_TABLE.c.site_id).label("site")
