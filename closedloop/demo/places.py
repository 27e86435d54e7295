"""Places of the demo city: streets, addresses, crossroads, and the planted places that keep coming back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from closedloop.demo import city
from closedloop.demo.clock import HOUR, hour_of, wall
from closedloop.demo.plan import Plan
from closedloop.demo.rhythm import in_school_holiday, is_weekend_evening

_FIRST = "云澜梅柳桂松荷石金青白长安和春秋晴岚鹤鹭兰竹枫槐榆桐月星泉霞"
_SECOND = "锦溪泉桥岭湖台坊屏渡湾汀洲源原浦埠垣苑庭"
_KINDS = (
    "residential",
    "shop",
    "road",
    "mall",
    "market",
    "restaurant",
    "office",
    "school",
    "site",
    "village",
)
_KIND_SHARE = np.array([0.40, 0.17, 0.14, 0.04, 0.04, 0.07, 0.05, 0.03, 0.03, 0.03])
_TAIL = {
    "residential": "小区{n}栋",
    "shop": "便利店",
    "road": "路段",
    "mall": "商业楼",
    "market": "农贸市场",
    "restaurant": "饭店",
    "office": "写字楼",
    "school": "学校",
    "site": "工地",
    "village": "村{n}组",
}
STREETS_PER_STATION = 14
CROSSROADS_PER_STATION = 6


@dataclass(frozen=True)
class Places:
    """Every place, one position per place; ``station`` ascending, so a station's places are one slice."""

    station: np.ndarray
    key: np.ndarray  # '' at crossroads: their exports carry a text only
    text: np.ndarray
    text_reversed: np.ndarray  # the same crossroads named the other way round; equal to text elsewhere
    kind: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    zone: np.ndarray
    weight: np.ndarray
    on_road: np.ndarray
    hot: dict[str, int]  # name of a planted place -> its position

    def draw(self, rng: np.random.Generator, station: np.ndarray, on_road: np.ndarray) -> np.ndarray:
        """A place for each row, by the station's weights, on a road or not as asked."""
        place = np.zeros(len(station), dtype=np.int64)
        for s in range(city.COUNT):
            for road in (False, True):
                rows = np.flatnonzero((station == s) & (on_road == road))
                pool = np.flatnonzero((self.station == s) & (self.on_road == road))
                cumulative = np.cumsum(self.weight[pool])
                drawn = np.searchsorted(cumulative / cumulative[-1], rng.random(len(rows)), side="right")
                place[rows] = pool[np.minimum(drawn, len(pool) - 1)]
        return place


@dataclass(frozen=True)
class Hot:
    """A planted place: ``calls`` extra calls at scale 1 in ``[first, last)`` when ``when`` allows."""

    name: str
    station_id: str
    text: str
    kind: str
    calls: int
    first: int
    last: int
    when: str = "any"  # any | weekend_evening | evening | term
    only_categories: tuple[str, ...] = ()


_ALL = (wall("2023-04-25"), wall("2025-04-25 08:00"))
HOT = (
    Hot("steady_mall", "S03", "云锦路1号金穗广场", "mall", 560, *_ALL),
    Hot("bar_street", "S05", "澜汀街夜潮酒吧街", "night_venue", 620, *_ALL, "weekend_evening"),
    Hot("new_night_market", "S06", "柳湖路湖滨夜市", "market", 130, wall("2025-02-15"), _ALL[1], "evening"),
    Hot("hospital", "S02", "青汀路云泽市第一医院", "hospital", 700, *_ALL),
    Hot("railway_square", "S08", "站前路东站广场", "transport", 520, *_ALL),
    Hot(
        "domestic_house",
        "S12",
        "石岭村安和苑7栋",
        "residential",
        6,
        wall("2025-02-24"),
        _ALL[1],
        "any",
        ("domestic_violence",),
    ),
    Hot("quiet_trail", "S10", "白鹭洲滨江步道", "park", 6, wall("2025-04-11"), wall("2025-04-24"), "any"),
    Hot("school_gate", "S04", "听雨湖小学门口", "school", 120, *_ALL, "term"),
    Hot("building_site", "S01", "云岚台项目工地", "site", 40, wall("2025-01-02"), wall("2025-01-27"), "any"),
    Hot("village_pond", "S13", "稻香村月塘", "waterside", 30, wall("2024-06-15"), wall("2024-09-01"), "any"),
)


def allowed(hot: Hot, at: np.ndarray) -> np.ndarray:
    """Rows whose time fits the place."""
    inside = (at >= hot.first) & (at < hot.last)
    if hot.when == "weekend_evening":
        return inside & is_weekend_evening(at)
    if hot.when == "evening":
        return inside & (hour_of(at) >= 18)
    if hot.when == "term":
        weekday = (at // (24 * HOUR) + 3) % 7 < 5
        return (
            inside & ~in_school_holiday(at // (24 * HOUR)) & weekday & (hour_of(at) >= 7) & (hour_of(at) < 18)
        )
    return inside


def build(plan: Plan) -> Places:
    """Streets and addresses of every station, then the crossroads, then the planted places."""
    rng = plan.rng("places")
    per_station = int(np.clip(round(900 * max(plan.scale, 0.01) ** 0.6), 50, 3_000))
    names = [a + b for a in _FIRST for b in _SECOND]
    names = [names[i] for i in rng.permutation(len(names))]
    rows: list[tuple] = []
    hot: dict[str, int] = {}
    for s, station in enumerate(city.STATIONS):
        lon0, lat0 = city.centre(s)
        streets = [
            n + "路街巷"[i % 3] for i, n in enumerate(names[s * STREETS_PER_STATION :][:STREETS_PER_STATION])
        ]
        kinds = np.array(_KINDS)[
            np.searchsorted(np.cumsum(_KIND_SHARE)[:-1], rng.random(per_station), side="right")
        ]
        weights = (np.arange(1, per_station + 1) + 6.0) ** -0.6
        street = rng.integers(0, STREETS_PER_STATION, per_station)
        number = rng.integers(1, 399, per_station)
        block = rng.integers(1, 30, per_station)
        name = rng.integers(0, len(names), per_station)
        shift = np.round(rng.normal(0, 0.008, (per_station, 2)), 4)
        for i in range(per_station):
            kind = str(kinds[i])
            tail = _TAIL[kind].format(n=block[i])
            own = "" if kind in ("road", "village") else names[name[i]]
            text = f"{streets[street[i]]}{number[i]}号{own}{tail}"
            if kind == "village":
                text = f"{names[name[i]]}{tail}"
            far = abs(shift[i, 0]) + abs(shift[i, 1])
            zone = 1 if far < 0.006 else 3 if far < 0.014 else 5
            rows.append(
                (
                    s,
                    f"P{station.station_id[1:]}{i + 1:04d}",
                    text,
                    text,
                    kind,
                    lon0 + shift[i, 0],
                    lat0 + shift[i, 1],
                    zone,
                    weights[i],
                    kind == "road",
                )
            )
        for i in range(CROSSROADS_PER_STATION):
            one, other = streets[i], streets[(i * 5 + 3) % STREETS_PER_STATION]
            rows.append(
                (
                    s,
                    "",
                    f"{one} & {other}",
                    f"{other} & {one}",
                    "crossroads",
                    lon0 + 0.003 * i,
                    lat0 - 0.002 * i,
                    3,
                    weights[min(3 + 5 * i, per_station - 1)],
                    True,
                )
            )
        for i, planted in enumerate(h for h in HOT if h.station_id == station.station_id):
            hot[planted.name] = len(rows)
            rows.append(
                (
                    s,
                    f"P{station.station_id[1:]}9{i + 1:03d}",
                    planted.text,
                    planted.text,
                    planted.kind,
                    lon0 + 0.002,
                    lat0 + 0.002,
                    1,
                    1e-4,
                    False,
                )
            )
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    station, key, text, reverse, kind, lon, lat, zone, weight, road = columns
    return Places(
        station, key, text, reverse, kind, np.round(lon, 4), np.round(lat, 4), zone, weight, road, hot
    )
