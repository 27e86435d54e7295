"""The mapping of a file that already speaks the contract: headers are field names, in English or Chinese."""

from __future__ import annotations

from collections.abc import Collection

from closedloop.intake.contract import TABLES, business_columns
from closedloop.intake.mapping.model import FieldSpec, Mapping, Output
from closedloop.intake.refused import RefusedFile


def known_headers(table: str) -> dict[str, str]:
    """Every header a canonical file of this table may have, and the field it feeds."""
    names: dict[str, str] = {}
    for column in business_columns(TABLES[table]):
        names[column.name] = column.name
        names[column.info["zh"]] = column.name
    return names


def canonical_mapping(table: str, headers: Collection[str], file: str) -> Mapping:
    """Match headers to fields, letter case aside. Refuses a file without a required column."""
    known = {name.casefold(): field for name, field in known_headers(table).items()}
    fields: dict[str, FieldSpec] = {}
    for header in headers:
        field = known.get(header.casefold())
        if field is None:
            continue
        if field in fields:
            other = fields[field].column
            raise RefusedFile(
                f"{file}: the columns {other!r} and {header!r} are both {field}; remove one of them.",
                f"{file}：列“{other}”和“{header}”是同一字段；请删除其中一列。",
            )
        fields[field] = FieldSpec(column=header)
    for column in business_columns(TABLES[table]):
        if not column.nullable and column.name not in fields:
            zh = column.info["zh"]
            raise RefusedFile(
                f"{file}: the required column {column.name} ({zh}) is missing; add it (docs/contract.md "
                "lists the columns), or name the column that holds it in a mapping (--mapping; `closedloop "
                "mapping suggest` drafts one).",
                f"{file}：缺少必需的列 {column.name}（{zh}）；请补充该列（列名见 docs/contract.md），"
                "或在映射文件中指明对应的列（可由 mapping suggest 起草）。",
            )
    return Mapping(name=table, outputs=(Output(table=table, fields=fields),))
