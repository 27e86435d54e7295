"""The dbt sources of schema ``raw``, written from the contract, so that no second list of tables or columns
exists.

After a change of the contract::

    python -m closedloop.transform.sources > dbt_project/models/staging/_raw__sources.yml
"""

from __future__ import annotations

import sys

import yaml

from closedloop.intake.contract import RAW_SCHEMA, TABLES


def raw_sources() -> str:
    """The YAML file: every raw table with its columns, their Chinese names as descriptions."""
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
                ],
            }
        ]
    }
    return yaml.safe_dump(described, allow_unicode=True, sort_keys=False, width=110)


if __name__ == "__main__":
    sys.stdout.write(raw_sources())
