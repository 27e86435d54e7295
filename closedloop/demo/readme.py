"""The text that travels with the data."""

README = """\
# Demo exports of a city that does not exist

Everything in this folder is **synthetic and fictional**: 云泽市 (Yunze), its two branches, fifteen stations,
streets, calls, disputes and volunteers were drawn by a random generator. Nothing was collected, nobody is
described, and the coordinates lie in open sea.

本目录全部数据均为**虚构的合成数据**，与任何真实城市、机构、个人、事件无关。

The files are what a bureau's systems would export, defects included. Load them in the order of
`manifest.yml`:

    python -m closedloop load seeds/demo

Write them anew, or a larger city:

    python -m closedloop demo --out seeds/demo
    python -m closedloop demo --scale 15 --seed 7 --out /tmp/large

| what | where |
|---|---|
| history, exported 2025-04-24 08:00 | `<table>_2023…`, `<table>_2024…` |
| the last day, 2025-04-24 08:00 to 2025-04-25 08:00, without station S11 | `<table>_20250424…` |
| corrected exports | `*_corrected_*` |
| a full extract from which some hazards have vanished | `tasks_full_20250424.csv.gz` |
| which item each planted case became; rows for quarantine (numbers in -X…) | `planted.yml` |

Formats differ on purpose: gzip, zip, XLSX, Chinese headers, one file in GB18030, one with columns about
persons that must never be stored (their content is one invented line repeated).

Planned counts: 9 directives issued on the duty day 25 April 2025; 581 dispute leads since 2024-08-01, of
which 578 resolved; 1,106 diversions of station S03 from 2023-07-31 to 2023-12-31; 27 % non-police
incidents; 600 serving volunteers at 66 open posts. They echo press figures and are captions, never
targets.
"""
