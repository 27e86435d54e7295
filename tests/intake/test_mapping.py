"""A mapping says what a foreign file means; a wrong one is told where it is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from closedloop.intake.manifest import plan
from closedloop.intake.mapping import (
    MappingError,
    apply_mapping,
    canonical_mapping,
    dropped_columns,
    read_mapping,
    rows_taken,
)
from closedloop.intake.reading import ROW, read_bytes
from closedloop.intake.refused import RefusedFile
from closedloop.settings import load_settings
from tests.intake.test_reading import workbook


def mapping_of(tmp_path, text):
    path = tmp_path / "m.yml"
    path.write_text(text, "utf-8")
    return read_mapping(path).mapping


def only(mapping, text, name="calls.csv"):
    (mapped,) = apply_mapping(mapping, read_bytes(text.encode(), name))
    return mapped.frame.drop(ROW).to_dicts()


def test_columns_constants_joins_splits_translations_and_blanks(tmp_path):
    mapping = mapping_of(
        tmp_path,
        """
        blanks: ["NULL", "-"]
        outputs:
          - table: incidents
            where: [{column: kind, in: [call, visit]}, {column: at, not_blank: true}]
            fields:
              incident_id: nr
              source: {constant: 110}
              received_at: at
              initial_type: {column: title, split: {at: ":"}, values: {EMS: help}, otherwise: blank}
              final_type: {column: title, split: {at: ":", part: 2}}
              outcome: {first_of: [result, note]}
              place_key:
                join: [town, street]
                separator: "|"
                required: [street]
                collapse_spaces: true
                case: upper
        """,
    )
    text = (
        "nr,kind,at,title,result,note,town,street,caller\n"
        "1,call,t1,EMS: FALL,NULL,done,Abington,High   st,x\n"
        "2,visit,t2,Fire,ok,,-,Low st,x\n"
        "3,call,t3,EMS,-,-,Abington,,x\n"
        "4,call,,EMS,-,-,Abington,,x\n"
        "5,test,t5,EMS,-,-,Abington,,x\n"
    )
    rows = only(mapping, text)
    assert [row["incident_id"] for row in rows] == ["1", "2", "3"]
    assert [row["initial_type"] for row in rows] == ["help", None, "help"]
    assert [row["final_type"] for row in rows] == ["FALL", None, None]
    assert [row["outcome"] for row in rows] == ["done", "ok", None]
    assert [row["place_key"] for row in rows] == ["ABINGTON|HIGH ST", "LOW ST", None]
    assert {row["source"] for row in rows} == {"110"}
    source = read_bytes(text.encode(), "calls.csv")
    assert dropped_columns(mapping, source) == ["caller"]
    assert rows_taken(mapping, source) == 3


def test_rows_that_only_create_a_station_are_taken_by_no_output(tmp_path):
    mapping = mapping_of(
        tmp_path,
        """
        outputs:
          - table: stations
            distinct: true
            fields: {station_id: at, bureau_id: {constant: B1}, name_zh: at}
          - table: incidents
            where: {column: kind, equals: call}
            fields: {incident_id: nr, received_at: at}
        """,
    )
    source = read_bytes(b"nr,kind,at\n1,call,a\n2,visit,b\n3,,c\n", "calls.csv")
    assert rows_taken(mapping, source) == 1


def test_equal_rows_get_distinct_identifiers_and_the_same_file_the_same_ones(tmp_path):
    mapping = mapping_of(
        tmp_path,
        "outputs: [{table: incidents, fields: {incident_id: {derive: [at, title], prefix: C-}, received_at: "
        "at}}]",
    )
    text = "at,title\nt1,a\nt1,a\nt2,a\nt1,a\n"
    ids = [row["incident_id"] for row in only(mapping, text)]
    assert len(set(ids)) == 4
    assert ids == [row["incident_id"] for row in only(mapping, text)]
    longer = [row["incident_id"] for row in only(mapping, text + "t1,a\nt0,b\n")]
    assert longer[:4] == ids
    assert all(i.startswith("C-") and not any(c.isdigit() for c in i) for i in ids)


def test_one_file_may_feed_several_tables_in_the_order_of_the_contract(tmp_path):
    mapping = mapping_of(
        tmp_path,
        """
        outputs:
          - {table: incidents, fields: {incident_id: nr, received_at: at, station_id: st}}
          - table: stations
            distinct: true
            where: {column: st, not_blank: true}
            fields: {station_id: st, bureau_id: {constant: B}, name_zh: st}
        """,
    )
    outputs = apply_mapping(mapping, read_bytes(b"nr,at,st\n1,t,A\n2,t,B\n3,t,A\n4,t,\n", "x.csv"))
    assert [(m.output.table, m.frame.height) for m in outputs] == [("stations", 2), ("incidents", 4)]


def test_headers_of_the_contract_need_no_mapping_in_either_language():
    mapping = canonical_mapping("incidents", ["警情编号", "Received_At", "报警人"], "x.csv")
    assert {name: spec.column for name, spec in mapping.outputs[0].fields.items()} == {
        "incident_id": "警情编号",
        "received_at": "Received_At",
    }
    with pytest.raises(RefusedFile, match="are both incident_id"):
        canonical_mapping("incidents", ["警情编号", "incident_id", "received_at"], "x.csv")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("outputs: [", "m.yml line 1 is not YAML"),
        ("- 1", "m.yml is not a mapping: it needs name and outputs"),
        ("outputs: []", "m.yml: outputs: Tuple should have at least 1 item"),
        ("outputs: [{table: people, fields: {}}]",
         "m.yml: outputs[0]: table 'people' is not in the contract"),
        ("outputs: [{table: incidents, fields: {incident_id: a}}]",
         "m.yml: outputs[0]: incidents needs the field 'received_at' (接警时间)"),
        ("outputs: [{table: incidents, fields: {incident_id: a, received_at: b, caller: c}}]",
         "m.yml: outputs[0]: incidents has no field 'caller'"),
        ("outputs: [{table: incidents, fields: {incident_id: {column: a, constant: b}, received_at: c}}]",
         "m.yml: outputs[0].fields.incident_id: say one of column, constant, first_of, join, derive; found "
         "column and constant"),
        ("outputs: [{table: incidents, fields: {incident_id: {colum: a}, received_at: c}}]",
         "m.yml: outputs[0].fields.incident_id.colum: is no word of a mapping"),
        ("outputs: [{table: incidents, where: {column: a}, fields: {incident_id: a, received_at: c}}]",
         "m.yml: outputs[0].where[0]: say equals, in, not_in or not_blank"),
        ("blanks: [NULL]\noutputs: [{table: incidents, fields: {incident_id: a, received_at: c}}]",
         "m.yml: blanks[0]: YAML reads this as none; write it in quotation marks"),
        ("time_zone: Mars/Base\noutputs: [{table: incidents, fields: {incident_id: a, received_at: c}}]",
         "m.yml: time_zone: 'Mars/Base' is no time zone of the IANA database"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_told_where_it_is_wrong(tmp_path, text, sentence):
    with pytest.raises(MappingError) as error:
        mapping_of(tmp_path, text)
    assert str(error.value).startswith(sentence)


def test_the_mapping_and_the_manifest_of_the_manual_are_right(tmp_path):
    page = Path(__file__).resolve().parents[2] / "docs" / "mappings" / "README.md"
    mapping, manifest = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert mapping_of(tmp_path, mapping).tables == ["stations", "incidents"]
    (tmp_path / "calls.yml").write_text(mapping, "utf-8")
    (tmp_path / "manifest.yml").write_text(manifest, "utf-8")
    (planned,) = plan(tmp_path, load_settings())
    assert planned.covers.without == ("S11",)


def test_a_file_that_lacks_a_mapped_column_is_refused(tmp_path):
    mapping = mapping_of(
        tmp_path, "outputs: [{table: incidents, fields: {incident_id: nr, received_at: at}}]"
    )
    with pytest.raises(RefusedFile) as refusal:
        only(mapping, "nr,when\n1,2\n")
    assert str(refusal.value) == (
        "calls.csv: the column 'at', which the mapping m reads, is missing; give the file it was written "
        "for, or correct the mapping."
    )


def test_identifiers_that_a_spreadsheet_has_shortened_refuse_the_file(tmp_path):
    mapping = mapping_of(
        tmp_path, "outputs: [{table: incidents, fields: {incident_id: nr, received_at: at}}]"
    )
    rows = [["nr", "at"], ["330212202504250001", "x"], [330212202504250001, "x"]]
    with pytest.raises(RefusedFile) as refusal:
        apply_mapping(mapping, read_bytes(workbook(rows), "a.xlsx"))
    assert str(refusal.value) == (
        "a.xlsx row 3: 'nr' was stored as a number of more than 15 digits and has lost its last ones; "
        "export 'nr' as text."
    )
    assert apply_mapping(mapping, read_bytes(workbook(rows[:2]), "a.xlsx"))
    assert apply_mapping(mapping, read_bytes(workbook([["nr", "at"], [123456789012345, "x"]]), "a.xlsx"))
