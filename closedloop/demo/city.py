"""The fictional city of Yunze (云泽市): its bureaus, fifteen stations in their fixed order, and the posts.

No such city exists. Its coordinates lie in open sea, so that no map can point at a real place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

CITY = "云泽市公安局 Yunze Public Security Bureau (fictional)"
#: What a file without a known station carries instead.
UNKNOWN_STATIONS = ("S99", "YZ-00", "330000")


@dataclass(frozen=True)
class Station:
    """A station and its character: what makes its figures differ from its neighbours'."""

    station_id: str
    name_zh: str
    name_en: str
    kind: str
    bureau_id: str
    weight: float
    officers: int
    auxiliaries: int
    slow: float = 1.0
    rework: float = 0.13
    late_recording: float = 0.02
    non_police: float = 1.0


STATIONS = (
    Station("S01", "栖云路", "Qiyun Road", "urban", "YZ1", 0.088, 5, 4),
    Station("S02", "青石桥", "Qingshi Bridge", "urban", "YZ1", 0.094, 6, 4),
    Station("S03", "桂花巷", "Guihua Lane", "urban", "YZ1", 0.130, 6, 5, non_police=1.9),
    Station("S04", "听雨湖", "Tingyu Lake", "urban", "YZ1", 0.072, 5, 3),
    Station("S05", "长堤", "Changdi", "urban", "YZ1", 0.084, 5, 4, rework=0.30),
    Station("S06", "柳荫", "Liuyin", "urban", "YZ1", 0.070, 5, 3),
    Station("S07", "澜港", "Langang", "suburban", "YZ1", 0.066, 4, 3, slow=2.1),
    Station("S08", "东站", "East Railway Station", "urban", "YZ1", 0.076, 4, 4),
    Station("S09", "梅坞", "Meiwu", "suburban", "YZ2", 0.058, 4, 3),
    Station("S10", "白鹭洲", "Bailuzhou", "suburban", "YZ2", 0.055, 4, 3),
    Station("S11", "松风", "Songfeng", "suburban", "YZ2", 0.052, 4, 3),
    Station("S12", "石鼓岭", "Shiguling", "rural", "YZ2", 0.046, 3, 3, slow=1.8),
    Station("S13", "稻香", "Daoxiang", "rural", "YZ2", 0.040, 3, 2, late_recording=0.12),
    Station("S14", "渡口", "Dukou", "rural", "YZ2", 0.036, 3, 2),
    Station("S15", "云麓", "Yunlu", "rural", "YZ2", 0.033, 3, 2),
)
IDS = np.array([s.station_id for s in STATIONS])
COUNT = len(STATIONS)
WEIGHTS = np.array([s.weight for s in STATIONS]) / sum(s.weight for s in STATIONS)
SLOW = np.array([s.slow for s in STATIONS])
REWORK = np.array([s.rework for s in STATIONS])
LATE_RECORDING = np.array([s.late_recording for s in STATIONS])
NON_POLICE = np.array([s.non_police for s in STATIONS])


def index(station_id: str) -> int:
    """Position of a station in the fixed order."""
    return int(np.flatnonzero(station_id == IDS)[0])


#: The station whose last daily export is missing (未报), and the one with the town's command room.
MISSING = index("S11")
TOWN = index("S03")

#: Centres (lon, lat) on a grid in open sea, about 4 km apart.
_LON = np.array([123.50 + 0.04 * (i % 5) for i in range(COUNT)])
_LAT = np.array([28.90 + 0.04 * (i // 5) for i in range(COUNT)])


def centre(station: int) -> tuple[float, float]:
    """``(lon, lat)`` of a station."""
    return round(float(_LON[station]), 4), round(float(_LAT[station]), 4)


def bureaus() -> pl.DataFrame:
    """One row per bureau: the city and the two under it."""
    return pl.DataFrame(
        {
            "bureau_id": ["YZ", "YZ1", "YZ2"],
            "name_zh": ["云泽市公安局", "云泽市公安局临澜分局", "云泽市公安局望岚分局"],
            "name_en": [
                "Yunze Public Security Bureau",
                "Yunze Public Security Bureau, Linlan Branch",
                "Yunze Public Security Bureau, Wanglan Branch",
            ],
            "parent_bureau_id": [None, "YZ", "YZ"],
            "sort_order": ["1", "2", "3"],
        }
    )


def stations(*, before_the_move: bool) -> pl.DataFrame:
    """One row per station; S09 belonged to the first branch until 2024-07-01."""
    rows = []
    for i, s in enumerate(STATIONS):
        moved = s.station_id == "S09" and not before_the_move
        lon, lat = centre(i)
        rows.append(
            {
                "station_id": s.station_id,
                "bureau_id": "YZ1" if s.station_id == "S09" and before_the_move else s.bureau_id,
                "name_zh": f"{s.name_zh}派出所",
                "name_en": f"{s.name_en} Police Station",
                "kind": s.kind,
                "sort_order": str(i + 1),
                "lon": f"{lon:.4f}",
                "lat": f"{lat:.4f}",
                "member_from": "2024-07-01" if moved else "2020-01-01",
                "member_to": None,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"member_to": pl.String})


def posts() -> pl.DataFrame:
    """One row per post: ``<station>-K1`` control, ``-C<n>`` community officers, ``-A<n>`` auxiliaries."""
    rows = []
    for s in STATIONS:
        rows.append(
            (
                f"{s.station_id}-K1",
                s.station_id,
                "control",
                f"{s.name_zh}基础管控岗",
                f"{s.name_en} control post",
            )
        )
        for n in range(1, s.officers + 1):
            rows.append(
                (
                    f"{s.station_id}-C{n}",
                    s.station_id,
                    "community_officer",
                    f"{s.name_zh}第{n}社区民警岗",
                    f"{s.name_en} community officer {n}",
                )
            )
        for n in range(1, s.auxiliaries + 1):
            rows.append(
                (
                    f"{s.station_id}-A{n}",
                    s.station_id,
                    "auxiliary",
                    f"{s.name_zh}第{n}辅警岗",
                    f"{s.name_en} auxiliary {n}",
                )
            )
    return pl.DataFrame(rows, schema=["post_id", "station_id", "kind", "name_zh", "name_en"], orient="row")


CONTROL_POST = np.array([f"{s.station_id}-K1" for s in STATIONS])
_OFFICERS = np.array([s.officers for s in STATIONS])


def officer_posts(rng: np.random.Generator, station: np.ndarray) -> np.ndarray:
    """A community officer's post of each station, drawn evenly."""
    number = (rng.random(len(station)) * _OFFICERS[station]).astype(np.int64) + 1
    table = np.array([[f"{i}-C{n}" for n in range(7)] for i in IDS])
    return table[station, number]


def draw_stations(rng: np.random.Generator, n: int, weights: np.ndarray = WEIGHTS) -> np.ndarray:
    """``n`` station indices by weight."""
    return np.searchsorted(np.cumsum(weights / weights.sum())[:-1], rng.random(n), side="right")
