"""Loads of Hubei 2020: cumulative published totals are hit to the piece; the split is simulated.

A published pair (shipped, arrived) at a cut is a point on two cumulative lines. Between the points the
lines are drawn straight, day by day. Every load is a piece of the line between two neighbouring daily
values, so that a load departs on the day the shipped line passes it and is received on the day the
arrived line passes it: sums at every cut are exact by construction. Source, destination, vehicle and
hour are drawn with a fixed seed and marked simulated.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

from qipan.catalogue import queries as catalogue
from qipan.kernel import clock
from qipan.server.replay.hubei_cast import PLANTS, Cast
from qipan.server.replay.hubei_makers import report_output
from qipan.server.replay.script import Script, key
from qipan.transport import operations as transport
from qipan.transport import queries as transport_reads

START = date(2020, 1, 22)
GAP_DAY = date(2020, 2, 6)
RESUME_DAY = date(2020, 2, 7)
"""Everything on the road on 6 February is received this day; only the batch leaves."""
GAP_ITEMS = ("SUIT-GB", "MASK-MED-N95", "GOG")
TO_WUHAN = {"SUIT-EM"}

POINTS: dict[str, dict[str, tuple[int, int]]] = {
    "SUIT-GB": {"01-22": (0, 0), "01-29": (81_000, 68_400), "02-01": (136_000, 117_000), "02-06": (352_000, 331_000)},
    "GOG": {"01-22": (0, 0), "01-26": (30_000, 18_000), "01-29": (102_000, 78_300), "02-01": (136_000, 90_000),
            "02-06": (186_000, 150_000)},
    "SHIELD": {"01-26": (0, 0), "01-27": (5_000, 5_000), "01-29": (12_000, 5_000), "02-01": (52_000, 20_000),
               "02-06": (80_000, 62_000)},
    "THERM-AUTO": {"01-26": (0, 0), "01-29": (30, 10), "02-06": (400, 330)},
    "MASK-MED-N95": {"01-22": (0, 0), "01-28": (128_100, 110_000), "01-29": (128_100, 128_100),
                     "02-01": (134_000, 131_100), "02-06": (402_000, 380_000)},
    "DIS-HAND": {"01-25": (0, 0), "01-28": (5, 3), "01-29": (5, 5)},
    "DIS-84": {"01-24": (0, 0), "01-28": (32_000, 26_000), "01-29": (32_000, 32_000)},
    "SUIT-EM": {"01-26": (0, 0), "01-29": (31_500, 31_500), "02-06": (96_000, 94_000)},
    "AMB-NP": {"01-31": (0, 0), "02-06": (80, 60)},
    "MON": {"01-31": (0, 0), "02-06": (3_600, 3_100)},
}  # fmt: skip
"""(shipped, arrived) in units of report at 24:00. Published: 29 Jan all, 1 Feb suits and goggles with
shields (188,000/110,000), 12 Feb arrivals; the other points are simulated stations between them."""

ARRIVED_12_FEB = {"SUIT-GB": 726_700, "GOG": 240_000, "SHIELD": 118_400, "THERM-AUTO": 761, "AMB-NP": 156, "MON": 6_929,
                  "MASK-MED-N95": 620_000, "SUIT-EM": 160_000}  # fmt: skip
"""Arrived by 12 Feb 24:00. Published: suits, goggles with shields (358,400 in all), thermometers,
ambulances, monitors."""

LOAD_MOST = {"SUIT-GB": 6_000, "GOG": 9_000, "SHIELD": 9_000, "MASK-MED-N95": 24_000, "SUIT-EM": 6_000, "DIS-84": 6_000,
             "DIS-HAND": 2, "THERM-AUTO": 120, "AMB-NP": 12, "MON": 600}  # fmt: skip
CITY_WEIGHTS = {
    "420100": 52, "420900": 9, "421100": 9, "421000": 5, "420600": 5, "420700": 3, "420800": 3, "420200": 4,
    "421300": 4, "420500": 3, "421200": 3, "420300": 2, "429004": 2, "429006": 1, "429005": 1, "422800": 2, "429021": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A load to be: so much of an item, leaving and (perhaps) received on a day; units of report."""

    item: str
    qty: int
    leaves: date
    comes: date | None


def pieces_of(item: str, points: dict[date, tuple[int, int]]) -> list[Piece]:
    """Cut the item's lines into loads.

    Args:
        points: 24:00 of a day → (shipped, arrived), both never falling, arrived ≤ shipped.
    """
    days = _days(min(points), max(points))
    shipped, arrived = ([_line(points, d, which) for d in days] for which in (0, 1))
    marks = sorted({*shipped, *arrived})
    found = []
    for start, high in pairwise(marks):
        if high > shipped[-1]:
            continue
        leaves = days[bisect_left(shipped, high)]
        at = bisect_left(arrived, high)
        comes = days[at] if at < len(days) else None
        for low in range(start, high, LOAD_MOST[item]):
            found.append(Piece(item, min(LOAD_MOST[item], high - low), leaves, comes))
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _line(points: dict[date, tuple[int, int]], day: date, which: int) -> int:
    stations = sorted(points)
    if day in points:
        return points[day][which]
    left = max(s for s in stations if s < day)
    right = min(s for s in stations if s > day)
    low, high = points[left][which], points[right][which]
    return low + (high - low) * (day - left).days // (right - left).days


def write_loads(script: Script, cast: Cast) -> None:
    """Write all loads up to 6 February."""
    rng = Random(20200129)
    for item, stations in POINTS.items():
        points = {date.fromisoformat(f"2020-{day}"): pair for day, pair in stations.items()}
        last = points[max(points)][0]
        points[RESUME_DAY] = (last, last)
        _write_pieces(script, cast, pieces_of(item, points), rng)


def write_last_loads(script: Script, cast: Cast, received_by_batch: dict[str, int]) -> None:
    """Write the loads of 7-12 February: with what the batch brings, arrivals meet the published totals."""
    rng = Random(20200212)
    for item, target in ARRIVED_12_FEB.items():
        shipped = POINTS[item][max(POINTS[item])][0]
        goal = target - received_by_batch.get(item, 0)
        points = {RESUME_DAY: (shipped, shipped), date(2020, 2, 12): (goal + goal // 40, goal)}
        _write_pieces(script, cast, pieces_of(item, points), rng)


def _write_pieces(script: Script, cast: Cast, pieces: list[Piece], rng: Random) -> None:
    output: dict[tuple[date, str], list[tuple[str, int]]] = defaultdict(list)
    for at, piece in enumerate(pieces):
        sources = PLANTS[piece.item]
        source = rng.choices([s for s, _w in sources], [w for _s, w in sources])[0]
        output[(piece.leaves, source)].append((piece.item, piece.qty))
        _write_one(script, cast, piece, source, at, rng)
    for (day, source), rows in output.items():
        _write_output(script, cast, day, source, rows)


def _write_output(script: Script, cast: Cast, day: date, source: str, rows: list[tuple[str, int]]) -> None:
    def run() -> None:
        report_output(cast, source, rows, what=f"{day}/{rows[0][0]}")

    script.write(clock.start_of(day) + timedelta(minutes=30), f"output of {source}", run)


def _write_one(script: Script, cast: Cast, piece: Piece, source: str, at: int, rng: Random) -> None:
    leaves = clock.start_of(piece.leaves) + timedelta(hours=5, minutes=rng.randrange(0, 300))
    comes = None
    if piece.comes is not None:
        hour = 15 if piece.comes == piece.leaves else rng.randrange(9, 19)
        comes = clock.start_of(piece.comes) + timedelta(hours=hour, minutes=rng.randrange(0, 150))
    planned = (comes or leaves + timedelta(hours=40)) + timedelta(minutes=rng.choice((-70, 30, 45, 60, 90)))
    is_over_gap_day = piece.leaves <= GAP_DAY and (piece.comes is None or piece.comes > GAP_DAY)
    city = _city(piece.item, rng, without_wuhan=is_over_gap_day and piece.item in GAP_ITEMS)
    unit = rng.choice(sorted(cast.units[city]))
    plate, driver = f"演{rng.choice('ABCDE')}·{rng.randrange(1, 9999):04d}", rng.randrange(1, 90)
    vehicle = transport.Vehicle(
        plate, f"驾驶员{driver:02d}（演示）", f"押运人{rng.randrange(1, 90):02d}（演示）", f"000-0000-{driver:04d}"
    )
    number: list[str] = []
    words = (piece.item, piece.leaves, at)

    def load_and_leave() -> None:
        item = catalogue.material(piece.item)
        number.append(
            transport.load_shipment(
                [transport.Load(item.id, item.to_grains(piece.qty, item.report_unit_zh))], by=cast.director,
                idem=key("load", *words), at=clock.now(),
                route=transport.Route(cast.plants[source], cast.unit_places[unit], planned), vehicle=vehicle,
                is_simulated=True,
            )
        )  # fmt: skip
        transport.depart(number[0], by=cast.director, at=clock.now(), idem=key("depart", *words))

    script.write(leaves, f"{piece.item} leaves {source}", load_and_leave)
    if comes is not None:
        write_receipt(script, cast, number, comes, words)


def write_receipt(
    script: Script, cast: Cast, number: list[str], comes: datetime, words: tuple[object, ...], short: int = 0
) -> None:
    """Arrival at an instant, receipt 40 minutes later; ``short`` grains of line 1 are missing."""

    def arrive() -> None:
        transport.report_arrival(number[0], by=cast.director, at=clock.now(), idem=key("arrive", *words))

    def receive() -> None:
        lines = transport.lines_of(number[0])
        counted = {n: transport.Counted(qty) for n, qty in lines.items()}
        if short:
            counted[1] = transport.Counted(
                lines[1] - short, "外箱破损，少件（模拟） / case broken, pieces missing (simulated)"
            )
        transport.confirm_receipt(
            number[0], counted=counted, by=cast.storekeeper_of(transport_reads.consignee_of(number[0])), at=clock.now(),
            idem=key("receive", *words), receiver="库管员（演示）",
        )  # fmt: skip

    script.write(comes, f"{words[0]} arrives", arrive)
    script.write(comes + timedelta(minutes=40), f"{words[0]} received", receive)


def _city(item: str, rng: Random, *, without_wuhan: bool) -> str:
    if item in TO_WUHAN and not without_wuhan:
        return "420100"
    cities = [c for c in CITY_WEIGHTS if not (without_wuhan and c == "420100")]
    return rng.choices(cities, [CITY_WEIGHTS[c] for c in cities])[0]
