"""A mapping: which column of a foreign file feeds which field of which raw table, as YAML.

::

    name: montgomery_911
    time_zone: America/New_York
    outputs:
      - table: incidents
        where: {column: title, not_blank: true}
        fields:
          incident_id: {derive: [timeStamp, twp, addr, title], prefix: "MC-"}
          loop: {constant: call}
          received_at: timeStamp
          initial_type: {column: title, split: {at: ":", part: 1}}

A field takes its value from exactly one of ``column``, ``constant``, ``first_of``, ``join`` or ``derive``; a
bare string is a column. Then, in this order: ``blanks``, ``split``, ``collapse_spaces``, ``case``,
``values``. ``format`` and ``time_zone`` say how a time is written.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from closedloop.intake.contract import TABLES, business_columns
from closedloop.intake.mapping.problems import problem


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_list(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) or value is None else [value]


def _as_text(value: Any) -> Any:
    """YAML reads 110 as a number and NULL or NO as something else still; a file holds texts."""
    if value is None or isinstance(value, bool):
        raise problem("read_as", value=str(value).lower())
    return str(value) if isinstance(value, (int, float)) else value


Texts = Annotated[tuple[Annotated[str, BeforeValidator(_as_text)], ...], BeforeValidator(_as_list)]
OneText = Annotated[str, BeforeValidator(_as_text)]


class Split(_Strict):
    """One part of a text: ``EMS: BACK PAINS`` split at ``:`` has part 1 ``EMS``. A text without the
    separator is its own part 1; a part that is not there is blank."""

    at: Annotated[str, Field(min_length=1)]
    part: Annotated[int, Field(ge=1)] = 1


class Condition(_Strict):
    """Rows an output takes: those whose column equals a value, is one of several, or is not blank."""

    column: str
    equals: OneText | None = None
    any_of: Texts | None = Field(default=None, alias="in")
    none_of: Texts | None = Field(default=None, alias="not_in")
    not_blank: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if self.equals is None and self.any_of is None and self.none_of is None and not self.not_blank:
            raise problem("no_condition")
        return self


_SOURCES = ("column", "constant", "first_of", "join", "derive")


class FieldSpec(_Strict):
    """Where one field comes from and what is done to it."""

    column: str | None = None
    constant: OneText | None = None
    #: The first of these columns that is not blank.
    first_of: tuple[str, ...] | None = None
    #: Several columns with ``separator`` between them; blank where one of ``required`` is blank.
    join: tuple[str, ...] | None = None
    separator: str = " "
    required: tuple[str, ...] = ()
    #: An identifier for rows that have none: a digest of these columns and the row's ordinal among equals.
    derive: tuple[str, ...] | None = None
    prefix: str = ""

    blanks: Texts = ()
    split: Split | None = None
    collapse_spaces: bool = False
    case: Literal["upper", "lower"] | None = None
    #: Translations of values; ``otherwise`` says what becomes of the rest: kept, or blank.
    values: dict[OneText, OneText | None] | None = None
    otherwise: Literal["keep", "blank"] = "keep"

    format: Texts | None = None
    time_zone: str | None = None
    #: The identifiers of this column are the source's own numbering, though some look like identity numbers.
    own_numbering: bool = False

    @model_validator(mode="before")
    @classmethod
    def _bare_column(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> FieldSpec:
        given = [n for n in _SOURCES if getattr(self, n) is not None]
        if len(given) != 1:
            raise problem("one_source", sources=", ".join(_SOURCES), found=" and ".join(given) or "none")
        if self.required and set(self.required) - set(self.join or ()):
            raise problem("required_not_joined")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the file this field reads."""
        return (self.column,) if self.column is not None else self.first_of or self.join or self.derive or ()


class Output(_Strict):
    """Rows of one raw table, made from rows of the file."""

    table: str
    where: Annotated[tuple[Condition, ...], BeforeValidator(_as_list)] = ()
    #: One row per distinct key instead of one per row of the file: stations to create, say.
    distinct: bool = False
    fields: dict[str, FieldSpec]

    @model_validator(mode="after")
    def _fields_of_the_contract(self) -> Output:
        if self.table not in TABLES:
            raise problem("no_table", table=self.table, tables=", ".join(TABLES))
        known = {column.name for column in business_columns(TABLES[self.table])}
        if unknown := sorted(set(self.fields) - known):
            fields = ", ".join(sorted(known))
            raise problem("no_field", table=self.table, field=unknown[0], fields=fields)
        for column in business_columns(TABLES[self.table]):
            if not column.nullable and column.name not in self.fields:
                raise problem("needs_field", table=self.table, field=column.name, zh=column.info["zh"])
        return self

    @property
    def columns(self) -> set[str]:
        """Columns of the file this output reads."""
        read = {column for spec in self.fields.values() for column in spec.columns}
        return read | {condition.column for condition in self.where}


class Mapping(_Strict):
    """Everything that is known of one kind of foreign file."""

    name: Annotated[str, Field(min_length=1)]
    note: str | None = None
    #: Zone of the times that name none; the warehouse's by default.
    time_zone: str | None = None
    #: Values that mean blank in every column.
    blanks: Texts = ()
    #: Sheet of a workbook; by default the one that names most of the columns.
    sheet: str | None = None
    extract: Literal["full", "delta"] | None = None
    outputs: Annotated[tuple[Output, ...], Field(min_length=1)]

    @property
    def columns(self) -> set[str]:
        """Columns of the file that are read at all; everything else is dropped."""
        return set().union(*(output.columns for output in self.outputs))

    @property
    def tables(self) -> list[str]:
        """The tables the mapping writes."""
        return [output.table for output in self.outputs]
