"""``mapping suggest``: a draft that loads, or says what must be filled in; it tells nothing of persons."""

from __future__ import annotations

import csv

import pytest
import yaml
from sqlalchemy import Boolean, Date, DateTime, Double, Integer, Numeric

from closedloop import intake
from closedloop.cli.mapping import suggest
from closedloop.errors import ClosedloopError
from closedloop.intake.contract import TABLES, business_columns
from closedloop.intake.mapping import MappingError
from closedloop.intake.mapping import synonyms as known
from closedloop.intake.refused import RefusedFile

HAN = range(0x4E00, 0xA000)
CALLS = """\
某某系统导出,,,,,,,,,
接警单编号,报警时间,到达现场时间,报警人姓名,报警电话,简要警情,管辖单位,是否有效,事发地址,备用
JJ1,04/25/2025 08:30,,张三,13912345678,打架斗殴,S01,属实,姜山路1号 13912345678,x
JJ2,04/26/2025 09:30,,李四,13912345679,邻里争吵,S02,不实,姜山路2号,y
"""


def is_chinese(name: str) -> bool:
    return any(ord(c) in HAN for c in name)


def value_of(column, number: int) -> str:
    """A value that a foreign export could hold in this column."""
    if choices := column.info.get("choices"):
        return str(choices[0])
    reference = column.info.get("refers") or column.info.get("soft_choices")
    if reference in KNOWN_VALUES:
        return KNOWN_VALUES[reference]
    by_type = {
        DateTime: "2025/4/25 上午8:30",
        Date: "2025年4月25日",
        Boolean: "是",
        Double: "29.5",
        Integer: "3",
        Numeric: "35.00",
    }
    kind = next((text for kind, text in by_type.items() if isinstance(column.type, kind)), None)
    return kind or f"K{number}"


KNOWN_VALUES = {
    "loops": "hazard",
    "severities": "红色",
    "departments": "zhengfa",
    "stages": "report",
    "categories": "help",
    "moves": "",
}


@pytest.fixture(scope="module")
def settings(make_warehouse):
    made = make_warehouse()
    with made.in_environment():
        yield made.settings


@pytest.mark.parametrize("table", TABLES)
def test_every_field_has_a_chinese_name_that_exports_use(table):
    words = known._words()
    own = {
        **words["any"],
        **{f: [*words[table].get(f, []), *words["any"].get(f, [])] for f in words.get(table, {})},
    }
    fields = [column.name for column in business_columns(TABLES[table])]
    assert [field for field in fields if not any(map(is_chinese, map(str, own.get(field, []))))] == []
    assert set(words.get(table, {})) <= set(fields)


@pytest.mark.parametrize("table", TABLES)
def test_the_draft_for_a_foreign_export_loads_it_as_it_is(table, settings):
    headers: dict[str, object] = {}
    for column in business_columns(TABLES[table]):
        names = [n for n in known.synonyms(table)[column.name][2:] if is_chinese(n) and n not in headers]
        headers[names[0]] = column
    rows = [[value_of(column, n) for column in headers.values()] for n in (1, 2)]
    text = "\n".join(",".join(row) for row in [list(headers), *rows]) + "\n"
    draft = intake.suggest_mapping(text.encode(), "导出.csv", settings=settings)
    assert draft.table == table
    assert draft.to_edit == ()
    assert set(draft.columns) == {column.name for column in headers.values()}
    mapping = intake.parse_mapping(draft.text.encode(), "draft.yml")
    prepared = intake.prepare_bytes(table, text.encode(), "导出.csv", mapping=mapping, settings=settings)
    ((_, checked),) = prepared.outputs
    assert [row.reasons for row in checked.bad] == []
    assert checked.good.height == 2


def test_a_draft_finds_formats_and_values_and_tells_nothing_of_persons(settings, tmp_path, capsys):
    path = tmp_path / "calls.csv"
    path.write_text(CALLS, "utf-8")
    suggest(path, out=tmp_path / "m.yml")
    text = (tmp_path / "m.yml").read_text("utf-8")
    assert capsys.readouterr().err.splitlines() == [
        f"{tmp_path / 'm.yml'}: 7 field(s) of incidents, 3 column(s) dropped",
        "to edit: is_valid: 2 value(s) of '是否有效' are not known; translate them (values)",
    ]
    for secret in ("张三", "1391234", "打架", "邻里", "姜山路"):
        assert secret not in text
    assert 'received_at: {column: 报警时间, format: "%m/%d/%Y %H:%M"}' in text
    assert "reporter_key: 报警电话  # becomes a keyed hash before anything is written" in text
    assert "#   报警人姓名  (a person)\n#   简要警情  (a narrative)\n#   备用\n" in text
    with pytest.raises(MappingError, match=r"is_valid\.values\.\S+ is still FILL_IN"):
        intake.parse_mapping(text.encode(), "m.yml")
    mended = text.replace("属实: FILL_IN", '属实: "1"').replace("不实: FILL_IN", '不实: "0"')
    assert yaml.safe_load(mended)["outputs"][0]["fields"]["is_valid"]["values"] == {"属实": "1", "不实": "0"}
    mapping = intake.parse_mapping(mended.encode(), "m.yml")
    ((_, checked),) = intake.prepare_bytes(
        "incidents", CALLS.encode(), "calls.csv", mapping=mapping, settings=settings
    ).outputs
    assert checked.good["is_valid"].to_list() == [True, False]
    assert checked.bad == ()
    with pytest.raises(ClosedloopError, match="exists already; name another file"):
        suggest(path, out=tmp_path / "m.yml")


def test_a_draft_says_what_only_a_person_can_know(settings):
    text = "隐患类型,派出所,上报时间\n消防,S01,2025-04-25 08:30\n".encode()
    draft = intake.suggest_mapping(text, "a.csv", table="tasks", settings=settings)
    assert draft.to_edit == (
        "task_id (事项编号): no column holds it; it is derived from others: check which make a row one",
        "loop (流程): required, and no header is known to mean it; name its column, or a constant",
    )
    assert "task_id: {derive: [上报时间, 派出所], prefix: TA-}" in draft.text
    assert "loop: {constant: FILL_IN}  # 流程, or the column that holds it" in draft.text
    with pytest.raises(MappingError) as unfilled:
        intake.parse_mapping(draft.text.encode(), "m.yml")
    line = 1 + next(n for n, text in enumerate(draft.text.splitlines()) if "constant: FILL_IN" in text)
    assert str(unfilled.value) == (
        f"m.yml line {line}: outputs[0].fields.loop.constant is still FILL_IN: write what belongs there"
    )
    assert unfilled.value.zh == f"m.yml 第 {line} 行：outputs[0].fields.loop.constant 仍是 FILL_IN，请填写"
    with pytest.raises(RefusedFile, match="no header is known here"):
        intake.suggest_mapping(b"a,b,c\n1,2,3\n", "a.csv", settings=settings)


def test_a_draft_names_what_a_value_may_become_in_chinese(settings):
    text = (
        "警情编号,派出所编号,接警时间,接警类别\nA1,S01,2025-04-25 08:30,盗窃\nA2,S01,2025-04-25 08:31,丢猫\n"
    )
    draft = intake.suggest_mapping(text.encode(), "a.csv", table="incidents", settings=settings)
    listed = draft.text.split("# one of: ")[1].split("values:")[0]
    listed = " ".join(line.strip().removeprefix("#").strip() for line in listed.splitlines())
    with (settings.reference_dir / "categories.csv").open(encoding="utf-8") as file:
        seeds = [(row["category"], row["name_zh"]) for row in csv.DictReader(file)]
    assert listed.strip().split(", ") == [f"{key} ({zh})" for key, zh in seeds]
    assert "property (物业管理)" in listed
    # Half a translation is refused, with every line that is not done.
    with pytest.raises(MappingError, match=r"initial_type\.values\.盗窃 is still FILL_IN: .*; so are lines"):
        intake.parse_mapping(draft.text.encode(), "m.yml")
    done = draft.text.replace("盗窃: FILL_IN", "盗窃: criminal").replace("丢猫: FILL_IN", "丢猫: help")
    assert intake.parse_mapping(done.encode(), "m.yml").mapping.outputs[0].fields["initial_type"].values


def test_a_draft_lists_the_stages_of_events(settings):
    text = "事件编号,流程,事项编号,环节,发生时间\nE1,incident,A1,某环节,2025-04-25 08:30\n"
    draft = intake.suggest_mapping(text.encode(), "a.csv", table="loop_events", settings=settings)
    assert "receive (" in draft.text.split("# one of: ")[1]
