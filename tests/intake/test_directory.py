"""A folder is loaded by its manifest or its names, and one bad file does not keep the others out."""

from __future__ import annotations

import datetime as dt

import pytest
import typer

from closedloop.cli.load import load as load_command
from closedloop.errors import ClosedloopError
from closedloop.intake import load_directory
from tests.intake.files import incident, stations, write_csv
from tests.intake.files.make import MAKERS
from tests.intake.test_load import query


def test_without_a_manifest_names_tell_the_table_and_the_contract_the_order(warehouse, tmp_path):
    write_csv(tmp_path / "incidents_2025.csv", [incident(1)])
    stations(tmp_path / "Stations.csv", "S01")
    write_csv(tmp_path / "volunteer_posts.csv", [{"volunteer_post_id": "V1", "station_id": "S01"}])
    (tmp_path / "README.md").write_text("not an export")
    said = []
    reports = load_directory(tmp_path, progress=said.append)
    assert [(r.file, r.batches[0].table) for r in reports] == [
        ("Stations.csv", "stations"),
        ("incidents_2025.csv", "incidents"),
        ("volunteer_posts.csv", "volunteer_posts"),
    ]
    assert said[0] == "file 1 of 3: Stations.csv"


def test_a_manifest_says_order_extract_coverage_and_mapping(warehouse, tmp_path):
    stations(tmp_path / "st.csv", "S01", "S02")
    write_csv(tmp_path / "calls.csv", [{"nr": "A1", "at": "25.04.2025 07:00", "st": "S01"}])
    (tmp_path / "calls.yml").write_text(
        """
        time_zone: UTC
        outputs:
          - table: incidents
            fields: {incident_id: nr, station_id: st, received_at: {column: at, format: "%d.%m.%Y %H:%M"}}
        """
    )
    (tmp_path / "manifest.yml").write_text(
        """
        synthetic: true
        time_zone: Asia/Shanghai
        files:
          - {file: st.csv, table: stations, extract: full}
          - file: calls.csv
            table: incidents
            mapping: calls.yml
            extract: full
            covers_from: 2025-04-24 08:00:00
            covers_until: "2025-04-25 08:00"
            stations: {except: [S02]}
        """
    )
    reports = load_directory(tmp_path, loaded_by="demo")
    assert [r.ok for r in reports] == [True, True]
    batch = query(
        warehouse,
        "select extract, mapping, loaded_by, covers_from, covers_until, covers_stations from ops.batches",
    )[1]
    start = dt.datetime(2025, 4, 24, tzinfo=dt.UTC)
    assert batch == ("full", "calls.yml", "demo", start, start + dt.timedelta(days=1), ["S01", "UNASSIGNED"])
    assert query(warehouse, "select received_at from raw.incidents") == [(start.replace(day=25, hour=7),)]


def test_a_refused_file_does_not_keep_the_others_out(warehouse, tmp_path):
    (tmp_path / "disputes.csv").write_bytes(b"")
    write_csv(tmp_path / "incidents.csv", [incident(1)])
    write_csv(tmp_path / "odd.csv", [incident(1)])
    reports = load_directory(tmp_path)
    assert [r.file for r in reports if r.ok] == ["incidents.csv"]
    refused = {r.file: r.refused for r in reports if not r.ok}
    assert refused["disputes.csv"] == "disputes.csv is empty; export it again."
    assert refused["odd.csv"].startswith("odd.csv: the name does not begin with a table (bureaus, stations,")


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ("files: [", "manifest.yml is not YAML"),
        ("files: []", "manifest.yml: files: List should have at least 1 item"),
        ("files: [{file: a.csv}]", "manifest.yml: files[0].table: Field required"),
        (
            "files: [{file: a.csv, table: people}]",
            "manifest.yml: files[0].table: 'people' is not in the contract",
        ),
        (
            "files: [{file: a.csv, table: incidents, covers_until: 2025-04-25}]",
            "manifest.yml: files[0].covers_until 2025-04-25 has no time of day; write it as 2025-04-25T08:00",
        ),
        (
            "files: [{file: a.csv, table: incidents, covers_until: noon}]",
            "manifest.yml: files[0].covers_until 'noon' is no time; write it as 2025-04-25T08:00",
        ),
    ],
)
def test_a_manifest_that_makes_no_sense_names_the_place(warehouse, tmp_path, manifest, sentence):
    (tmp_path / "manifest.yml").write_text(manifest)
    with pytest.raises(ClosedloopError) as error:
        load_directory(tmp_path)
    assert str(error.value).startswith(sentence)


def test_a_folder_without_exports_says_how_to_name_them(warehouse, tmp_path):
    with pytest.raises(ClosedloopError, match="holds no export: name files"):
        load_directory(tmp_path)


def test_a_folder_loads_every_file_named_for_a_table_and_says_what_it_leaves_out(warehouse, tmp_path):
    (tmp_path / "incidents_a.ods").write_bytes(MAKERS["open_document.ods"]())
    (tmp_path / "20250425T000501Z_stations.csv").write_text("station_id,bureau_id,name_zh\nS01,B1,一所\n")
    (tmp_path / "~$incidents.xlsx").write_bytes(b"owner")
    (tmp_path / "incidents_b.csv.part").write_text("half")
    (tmp_path / "四月").mkdir()
    write_csv(tmp_path / "四月" / "incidents.csv", [incident(3)])
    reports = load_directory(tmp_path)
    assert [(r.file, r.ok) for r in reports] == [
        ("20250425T000501Z_stations.csv", True),
        ("incidents_a.ods", True),
        ("四月", False),
    ]
    assert reports[-1].refused.startswith("四月 is a folder inside the folder and is not looked into")
    (tmp_path / "manifest.yml").write_text("files: [{file: 四月/incidents.csv, table: incidents}]")
    said = []
    load_directory(tmp_path, progress=said.append)
    assert said[0] == (
        "not named in manifest.yml and left out: 20250425T000501Z_stations.csv, incidents_a.ods"
    )


def test_a_dry_run_of_a_folder_says_what_becomes_of_each_file(warehouse, tmp_path, capsys):
    stations(tmp_path / "stations.csv", "S01")
    write_csv(tmp_path / "incidents.csv", [incident(1), incident(2, received_at="noon")])
    (tmp_path / "disputes.csv").write_bytes(b"")
    with pytest.raises(typer.Exit) as leaving:
        load_command(str(tmp_path), dry_run=True)
    assert leaving.value.exit_code == 2
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "stations.csv → stations: 1 read, 1 good, 0 repeated, 0 for quarantine (nothing written)",
        "incidents.csv → incidents: 2 read, 1 good, 0 repeated, 1 for quarantine (nothing written)",
    ]
    assert "refused: disputes.csv is empty; export it again." in err
    assert query(warehouse, "select count(*) from ops.batches") == [(0,)]
