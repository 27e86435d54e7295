"""The dbt sources of schema ``raw``, written from the contract, so that no second list of tables or columns
exists.

After a change of the contract::

    python -m closedloop.transform.sources > dbt_project/models/staging/_raw__sources.yml
"""

from __future__ import annotations

import sys

import yaml

from closedloop.intake.contract import RAW_SCHEMA, TABLES

#: The view of the events that are read from the times of items: the columns of events, and one of its own.
DERIVED = "derived_events"


def raw_sources() -> str:
    """The YAML file: every raw table with its columns, their Chinese names as descriptions, and the view of
    events that are derived."""
    derived = {
        "name": DERIVED,
        "description": "One row per stage event of an item whose times were loaded once and never changed.",
        "columns": [
            *({"name": str(c.name), "description": c.info["zh"]} for c in TABLES["loop_events"].c),
            {"name": "item_table", "description": "事项所在表"},
        ],
    }
    described = {
        "sources": [
            {
                "name": RAW_SCHEMA,
                "description": "Every version of every row loaded. Written from the contract: do not edit.",
                "tables": [
                    {
                        "name": str(table.name),
                        "description": table.comment,
                        "columns": [{"name": str(c.name), "description": c.info["zh"]} for c in table.c],
                    }
                    for table in TABLES.values()
                ]
                + [derived],
            }
        ]
    }
    return yaml.safe_dump(described, allow_unicode=True, sort_keys=False, width=110)


if __name__ == "__main__":
    sys.stdout.write(raw_sources())
