"""The raw contract: every table of schema ``raw``, defined once.

Validation, COPY, the migrations and the dbt sources are all derived from the tables below; nothing else lists
their columns. ``Column.info`` carries what a type cannot say:

``zh``
    the field's Chinese name, shown in mappings and errors.
``stage``
    the time in this column is also an event: this stage of the item's loop. The order of these columns is
    that of ``ops.stage_rules``: a new one comes last, and into ``raw.derived_events`` with it.
``refers``
    the value must be a known id of that reference (``departments``, ``stages``, ``moves``, ``severities``);
    an unknown one is quarantined. ``stations`` is softer: an unknown station is accepted and belongs to
    ``UNASSIGNED``.
``choices``
    the allowed values; anything else is quarantined.
``soft_choices``
    known values; anything else is accepted as it is and shown as 未归类, with a finding.
``masked``
    free text that is kept: phone and identity numbers are masked before anything is written.
``pseudonym``
    a person's key: replaced by a keyed hash before anything is written.

All times are ``timestamptz``. Every table ends with the same lineage and version columns
(:data:`SYSTEM_COLUMNS`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    text,
)

RAW_SCHEMA = "raw"
UNASSIGNED = "UNASSIGNED"

metadata = MetaData(schema=RAW_SCHEMA)

#: Written by intake, never mapped from a file. ``version`` counts the contents a key has had; ``is_current``
#: marks the last one; ``retracted`` a tombstone (the row was absent from a full extract, or withdrawn).
#: ``stage_rule``, of items alone, says which stages the row's times are, while its events are derived from
#: them.
SYSTEM_COLUMNS = (
    "version",
    "is_current",
    "retracted",
    "batch_id",
    "source_file",
    "source_row",
    "loaded_at",
    "stage_rule",
)

#: SQL: 0 for the current version of a row, its own number for one that was superseded.
SUPERSEDED = "((not is_current)::integer * version)"


def _system_columns() -> list[Column]:
    return [
        Column("version", Integer, nullable=False, info={"zh": "版本"}),
        Column("is_current", Boolean, nullable=False, info={"zh": "是否现行版本"}),
        Column("retracted", Boolean, nullable=False, info={"zh": "是否已撤回"}),
        Column("batch_id", BigInteger, nullable=False, info={"zh": "批次"}),
        Column("source_file", Text, nullable=False, info={"zh": "来源文件"}),
        Column("source_row", BigInteger, nullable=False, info={"zh": "来源行号"}),
        Column("loaded_at", DateTime(timezone=True), nullable=False, info={"zh": "入库时间"}),
    ]


def _id(name: str, zh: str, *, required: bool = False, **info: object) -> Column:
    return Column(name, Text, nullable=not required, info={"zh": zh, "identifier": True, **info})


def _text(name: str, zh: str, *, required: bool = False, **info: object) -> Column:
    return Column(name, Text, nullable=not required, info={"zh": zh, **info})


def _time(name: str, zh: str, *, required: bool = False, **info: object) -> Column:
    return Column(name, DateTime(timezone=True), nullable=not required, info={"zh": zh, **info})


def _flag(name: str, zh: str, **info: object) -> Column:
    return Column(name, Boolean, nullable=True, info={"zh": zh, **info})


def _number(name: str, zh: str, kind: type = Integer, **info: object) -> Column:
    return Column(name, kind, nullable=True, info={"zh": zh, **info})


def _raw_table(name: str, key: str, comment: str, *columns: Column, **info: object) -> Table:
    return Table(
        name,
        metadata,
        *columns,
        *_system_columns(),
        *([Column("stage_rule", Integer, info={"zh": "环节规则"})] if "opened_by" in info else []),
        # One index for two promises: a key has one current version, and each superseded one once.
        Index(f"{name}_versions", key, text(SUPERSEDED), unique=True),
        Index(f"{name}_batch", "batch_id", postgresql_using="brin"),
        comment=comment,
        info={"key": key, **info},
    )


def _found_by(column: Column) -> None:
    """An index of what few rows say."""
    Index(f"{column.table.name}_{column.name}", column, postgresql_where=column.is_not(None))


SEVERITIES = ("red", "yellow", "blue")

# ---------------------------------------------------------------- organisation

bureaus = _raw_table(
    "bureaus",
    "bureau_id",
    "One row per version of a bureau: the city and the bureaus under it.",
    _id("bureau_id", "机构编号", required=True),
    _text("name_zh", "机构名称", required=True),
    _text("name_en", "机构英文名称"),
    _id("parent_bureau_id", "上级机构编号"),
    _number("sort_order", "固定顺序"),
)

stations = _raw_table(
    "stations",
    "station_id",
    "One row per version of a station, with the dates of its membership in a bureau.",
    _id("station_id", "派出所编号", required=True),
    _id("bureau_id", "所属机构编号", required=True),
    _text("name_zh", "派出所名称", required=True),
    _text("name_en", "派出所英文名称"),
    _text("kind", "派出所类型"),
    _number("sort_order", "固定顺序"),
    _number("lon", "经度", Double),
    _number("lat", "纬度", Double),
    Column("member_from", Date, nullable=True, info={"zh": "归属起始日"}),
    Column("member_to", Date, nullable=True, info={"zh": "归属截止日"}),
)

posts = _raw_table(
    "posts",
    "post_id",
    "One row per version of a post: a position at a station, never a person.",
    _id("post_id", "岗位编号", required=True),
    _id("station_id", "派出所编号", required=True, refers="stations"),
    _text("kind", "岗位类型"),
    _text("name_zh", "岗位名称"),
    _text("name_en", "岗位英文名称"),
)

# ---------------------------------------------------------------- work items

incidents = _raw_table(
    "incidents",
    "incident_id",
    "One row per version of an incident (警情).",
    _id("incident_id", "警情编号", required=True),
    _id("source_no", "原系统编号"),
    _id("loop", "流程", refers="loops"),
    _id("station_id", "派出所编号", refers="stations"),
    _text("source", "警情来源"),
    _time("received_at", "接警时间", required=True, stage="receive"),
    _time("dispatched_at", "派警时间", stage="dispatch"),
    _time("arrived_at", "到场时间", stage="arrive"),
    _time("handled_at", "处警反馈时间", stage="handle"),
    _time("closed_at", "闭环时间", stage="close"),
    _text("initial_type", "接警类别", soft_choices="categories"),
    _text("final_type", "反馈类别", soft_choices="categories"),
    _text("priority", "警情级别"),
    _text("outcome", "处理结果"),
    _flag("is_valid", "是否有效警情"),
    _flag("is_police_matter", "是否警务警情"),
    _text("place", "警情地点", masked=True),
    _id("place_key", "地点编号"),
    _text("place_type", "地点类型"),
    _number("lon", "经度", Double),
    _number("lat", "纬度", Double),
    _number("response_zone", "处置圈", choices=(1, 3, 5)),
    _number("elements_recorded", "已录要素数"),
    _id("reporter_key", "报警人标识", pseudonym=True),
    _id("merged_into", "并入警情编号"),
    _text("duty_team", "值班组"),
    _id("post_id", "岗位编号"),
    loop="incident",
    opened_by="received_at",
)
_found_by(incidents.c.merged_into)

disputes = _raw_table(
    "disputes",
    "dispute_id",
    "One row per version of a dispute (矛盾纠纷).",
    _id("dispute_id", "纠纷编号", required=True),
    _id("source_no", "原系统编号"),
    _id("loop", "流程", refers="loops"),
    _id("station_id", "派出所编号", refers="stations"),
    _time("found_at", "发现时间", required=True, stage="find"),
    _text("source", "来源"),
    _id("incident_id", "关联警情编号"),
    _text("dispute_type", "纠纷类别", soft_choices="categories"),
    _text("severity", "风险等级", refers="severities"),
    _text("outcome", "处理结果", choices=("resolved", "stabilised", "litigation", "transferred")),
    _text("place", "地点", masked=True),
    _id("place_key", "地点编号"),
    _id("lead_department_id", "牵头部门编号", refers="departments"),
    loop="dispute",
    opened_by="found_at",
)

directives = _raw_table(
    "directives",
    "directive_id",
    "One row per version of a directive (指令).",
    _id("directive_id", "指令编号", required=True),
    _id("source_no", "原系统编号"),
    _id("loop", "流程", refers="loops"),
    _id("bureau_id", "下发机构编号"),
    _id("station_id", "责任派出所编号", refers="stations"),
    _time("issued_at", "下发时间", required=True, stage="receive"),
    _text("severity", "指令等级", refers="severities"),
    _text("kind", "指令类型"),
    _text("title", "指令标题", masked=True),
    _id("subject_loop", "所涉流程", refers="loops"),
    _id("subject_id", "所涉事项编号"),
    _text("measures", "跟进处置措施", masked=True),
    _time("due_at", "办理时限"),
    loop="directive",
    opened_by="issued_at",
)

diversions = _raw_table(
    "diversions",
    "diversion_id",
    "One row per version of a diversion (非警务分流).",
    _id("diversion_id", "分流编号", required=True),
    _id("source_no", "原系统编号"),
    _id("loop", "流程", refers="loops"),
    _id("incident_id", "警情编号"),
    _id("station_id", "派出所编号", refers="stations"),
    _id("department_id", "承办部门编号", required=True, refers="departments"),
    _text("category", "分流类别", soft_choices="categories"),
    _time("sent_at", "分流时间", required=True, stage="send"),
    loop="diversion",
    opened_by="sent_at",
)

tasks = _raw_table(
    "tasks",
    "task_id",
    "One row per version of any other item in a loop of the bureau's own; hazards (隐患) are the first.",
    _id("task_id", "事项编号", required=True),
    _id("source_no", "原系统编号"),
    _id("loop", "流程", required=True, refers="loops"),
    _id("station_id", "派出所编号", refers="stations"),
    _text("kind", "事项类型"),
    _text("title", "标题", masked=True),
    _text("severity", "等级", refers="severities"),
    _time("opened_at", "立项时间", required=True, stage="@first"),
    _time("due_at", "办理时限"),
    _id("department_id", "承办部门编号", refers="departments"),
    _id("place_key", "地点编号"),
    _number("amount", "金额", Numeric),
    opened_by="opened_at",
)

# ---------------------------------------------------------------- what happened to them

loop_events = _raw_table(
    "loop_events",
    "event_id",
    "One row per version of an event: a stage reached or a move made by a work item.",
    _id("event_id", "事件编号", required=True),
    _id("loop", "流程", required=True, refers="loops"),
    _id("item_id", "事项编号", required=True),
    _id("stage", "环节", refers="stages"),
    _id("move", "流转动作", refers="moves"),
    _time("occurred_at", "发生时间", required=True),
    _time("recorded_at", "录入时间"),
    _text("severity", "等级", refers="severities"),
    _time("due_at", "新时限"),
    _id("station_id", "派出所编号", refers="stations"),
    _id("post_id", "岗位编号"),
    _id("department_id", "部门编号", refers="departments"),
    _text("outcome", "结果"),
    _number("amount", "金额", Numeric),
    _id("supersedes", "更正的事件编号"),
)
_found_by(loop_events.c.supersedes)

# ---------------------------------------------------------------- volunteers (义警)

volunteer_posts = _raw_table(
    "volunteer_posts",
    "volunteer_post_id",
    "One row per version of a volunteer post (义警服务站).",
    _id("volunteer_post_id", "义警服务站编号", required=True),
    _id("station_id", "派出所编号", refers="stations"),
    _text("name_zh", "服务站名称"),
    Column("opened_on", Date, nullable=True, info={"zh": "启用日期"}),
    Column("closed_on", Date, nullable=True, info={"zh": "停用日期"}),
)

volunteers = _raw_table(
    "volunteers",
    "volunteer_id",
    "One row per version of a volunteer: a number and a squad, never a name.",
    _id("volunteer_id", "义警编号", required=True),
    _id("station_id", "派出所编号", refers="stations"),
    _id("volunteer_post_id", "义警服务站编号"),
    _text("squad", "队伍"),
    _text("kind", "身份类别"),
    Column("joined_on", Date, nullable=True, info={"zh": "加入日期"}),
    Column("left_on", Date, nullable=True, info={"zh": "退出日期"}),
)

volunteer_activities = _raw_table(
    "volunteer_activities",
    "activity_id",
    "One row per version of a volunteer activity; people in it are counts only.",
    _id("activity_id", "活动编号", required=True),
    _id("station_id", "派出所编号", refers="stations"),
    _id("volunteer_post_id", "义警服务站编号"),
    _text("squad", "队伍"),
    _text(
        "kind",
        "活动类型",
        required=True,
        choices=("patrol", "mediation", "lead", "hazard", "training", "publicity", "event_security", "other"),
    ),
    _time("started_at", "开始时间", required=True),
    _time("ended_at", "结束时间"),
    _number("participants", "参加人数"),
    _number("children", "小义警人数"),
    _flag("accepted", "是否采纳"),
)


@dataclass(frozen=True)
class ItemTable:
    """A raw table whose rows are work items: which loop they go round and which column opens them."""

    table: Table
    key: str
    default_loop: str | None
    opened_by: str


#: Load order: what is referred to comes before what refers to it.
TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        bureaus,
        stations,
        posts,
        incidents,
        disputes,
        directives,
        diversions,
        tasks,
        loop_events,
        volunteer_posts,
        volunteers,
        volunteer_activities,
    )
}

ITEM_TABLES: dict[str, ItemTable] = {
    name: ItemTable(t, t.info["key"], t.info.get("loop"), t.info["opened_by"])
    for name, t in TABLES.items()
    if "opened_by" in t.info
}


def key_of(table: Table) -> str:
    """Name of the key column of a raw table."""
    return table.info["key"]


def business_columns(table: Table) -> list[Column]:
    """The columns a file can fill, in contract order: everything but :data:`SYSTEM_COLUMNS`."""
    return [c for c in table.columns if c.name not in SYSTEM_COLUMNS]


def stage_columns(table: Table) -> list[Column]:
    """The columns whose times are stage events, in contract order."""
    return [c for c in table.columns if "stage" in c.info]
