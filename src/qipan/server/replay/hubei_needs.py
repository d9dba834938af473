"""Needs of Hubei 2020: the free-text lists, the request table's history, published needs, estimates."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from fractions import Fraction
from functools import partial
from itertools import groupby
from pathlib import Path

from qipan.catalogue import queries as catalogue
from qipan.demand import operations as demand
from qipan.demand.exchange import freetext_rows, item_code
from qipan.kernel import clock
from qipan.organisations import operations as organisations
from qipan.organisations import queries as organisation_reads
from qipan.server.replay.hubei_cast import SOURCE_REQUESTS, Cast, hospital_code, read_rows
from qipan.server.replay.script import Script, key

LISTS_AT = datetime(2020, 1, 26, 9, 0, tzinfo=clock.CST)
APPROVED_AT = datetime(2020, 2, 6, 18, 0, tzinfo=clock.CST)
STATED_AT = datetime(2020, 2, 6, 12, 0, tzinfo=clock.CST)
WUHAN_DAY = {"SUIT-GB": (59_900, 41_400), "MASK-MED-N95": (119_000, 56_800), "GOG": (22_500, 19_200)}
"""Wuhan's published need and gap per day, 6 February (China Youth Daily, 2020-02-07)."""

STAFF_PER_PATIENT_DAY = Fraction(116, 100)
SETS_PER_STAFF_DAY = {"SUIT-GB": 3, "MASK-MED-N95": 3, "GOG": 1}
WITHOUT_BOOKS = {"710000", "810000", "820000"}
"""Regions of which the case knows nothing but case counts: their tiles stay without figures."""
UNITS_MOST = {"420100": 16, "420900": 6, "421100": 6}
"""How many units of a city have a simulated approved need."""
RATE_SOURCE = "estimate: active cases × 1.16 staff per patient-day (WHO ESFT mix) × sets per staff-day (Wuhan practice)"

ZONE_SHARES = {"SUIT-GB": (("ICU", 25), ("ISO", 50), ("FEV", 25)), "MASK-MED-N95": (("ICU", 20), ("ISO", 55), ("FEV", 25)),
               "GOG": (("ICU", 25), ("ISO", 55), ("FEV", 20))}  # fmt: skip
CITY_DAY = {
    "420900": 9_600, "421100": 8_800, "421000": 4_600, "420600": 4_300, "420700": 2_600, "420800": 2_700, "420200": 3_100,
    "421300": 4_100, "420500": 3_200, "421200": 2_400, "420300": 2_100, "429004": 1_600, "429006": 1_100, "429005": 500,
    "422800": 1_000, "429021": 100,
}  # fmt: skip
"""Simulated approved need of suits per day of the other cities; respirators twice, goggles 0.4 of it."""


def write_needs(script: Script, cast: Cast, folder: Path) -> None:
    """Write every act of need."""
    script.write(LISTS_AT, "free-text need lists read", partial(_read_lists, cast, folder))
    _write_changes(script, cast, folder)
    _write_cases(script, cast, folder)
    script.write(datetime(2020, 1, 29, 12, tzinfo=clock.CST), "Hubei's need as quoted", lambda: _state_hubei(cast, 29))
    script.write(STATED_AT, "Wuhan's published need", lambda: _state_wuhan(cast))
    script.write(APPROVED_AT, "needs approved (simulated split)", lambda: _approve(cast))
    script.write(datetime(2020, 2, 7, 12, tzinfo=clock.CST), "Hubei's need as published", lambda: _state_hubei(cast, 7))


def _read_lists(cast: Cast, folder: Path) -> None:
    read_lists(cast, folder)


def read_lists(cast: Cast, folder: Path) -> dict[str, int]:
    """Read both free-text lists; what cannot be read for certain is listed for a person."""
    counts: dict[str, int] = defaultdict(int)
    for name in ("freetext_demand_wuhan_20200126.csv", "freetext_demand_hubei_20200126.csv"):
        rows = read_rows(folder, name)
        read = freetext_rows(rows, file=name, at=LISTS_AT)
        ids = organisations.register(
            [organisations.Registration(r.code, "hospital", r.name, r.region, SOURCE_REQUESTS) for r in read],
            by=cast.director, at=LISTS_AT,
        )  # fmt: skip
        statements = [s for r in read for s in r.statements(ids[r.code])]
        counts["needs"] += demand.report_needs(statements, by=cast.director, idem=key("lists", name))
        counts["remarks"] += demand.keep_remarks([s for r in read for s in r.remarks(ids[r.code])], by=cast.director)
        counts["unread"] += demand.keep_unread([s for r in read for s in r.unread(ids[r.code])], by=cast.director)
    return counts


def _write_changes(script: Script, cast: Cast, folder: Path) -> None:
    """The request table's history, change by change, at the instants it was changed."""
    specifications = {
        (r["city_code"], r["hospital"], r["item"]): r["specification"]
        for r in read_rows(folder, "hospital_requests.csv")
    }
    rows = sorted(read_rows(folder, "request_changes.csv"), key=lambda r: datetime.fromisoformat(r["time"]))
    for text, group in groupby(rows, key=lambda r: r["time"]):
        at = datetime.fromisoformat(text)
        batch = list(group)

        def run(at: datetime = at, batch: list[dict[str, str]] = batch) -> None:
            ids = organisation_reads.ids_by_code(hospital_code(r["city_code"], r["hospital"]) for r in batch)
            materials = {m.code: m.id for m in catalogue.materials().values()}
            demand.report_needs(
                [
                    demand.NeedStatement(
                        organisation=ids[hospital_code(r["city_code"], r["hospital"])],
                        item_text=r["item"],
                        change=r["change"],
                        at=at,
                        source=f"request_changes.csv @{r['source_commit']}",
                        material=materials.get(item_code(r["item"]) or ""),
                        quantity=int(r["new_value"]) if r["new_value"] and r["change"] != "removed" else None,
                        specification=specifications.get((r["city_code"], r["hospital"], r["item"]), ""),
                    )
                    for r in batch
                ],
                by=cast.director,
                idem=key("changes", at.isoformat()),
            )

        script.write(at, f"{len(batch)} changes of requests", run)


def _write_cases(script: Script, cast: Cast, folder: Path) -> None:
    """Cumulative case counts at each 24:00, and the estimates that follow from the active ones."""
    rows = read_rows(folder, "province_daily.csv") + read_rows(folder, "hubei_city_daily.csv")
    by_day: dict[date, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        by_day[date.fromisoformat(row["as_of_date"])].append(row)
    last: dict[str, int] = {}
    for day in sorted(by_day):
        if day > date(2020, 2, 20):
            break
        counts = [
            (
                r["region_code"],
                clock.end_of(day),
                int(r["confirmed_cum"]),
                int(r["active"]) if r["active"] else None,
                r["quality"],
            )
            for r in by_day[day]
        ]

        def run(day: date = day, counts: list[tuple[str, datetime, int, int | None, str]] = counts) -> None:
            demand.keep_case_counts(counts, by=cast.director, before=dict(last))
            last.update({row[0]: row[2] for row in counts})
            _estimate(cast, day, {row[0]: row[3] for row in counts if row[3]})

        script.write(clock.end_of(day), f"case counts of {day}", run)


def _estimate(cast: Cast, day: date, active: dict[str, int | None]) -> None:
    """A need per day from the active cases, for every region that has a tile."""
    tiles = {t.code for t in organisation_reads.tiles() if t.board in ("china", "hubei")} - WITHOUT_BOOKS
    materials = {m.code: m for m in catalogue.materials().values()}
    statements = []
    for region, cases in sorted(active.items()):
        if region not in tiles or not cases or cases < 0:
            continue
        for code, sets in SETS_PER_STAFF_DAY.items():
            quantity = int(cases * STAFF_PER_PATIENT_DAY * sets)
            if quantity:
                statements.append(
                    demand.PlaceStatement(
                        "burn_rate", region, materials[code].id, materials[code].to_grains(quantity), clock.end_of(day),
                        RATE_SOURCE, f"{cases} active",
                    )
                )  # fmt: skip
    demand.state_place_needs(statements, by=cast.director, idem=key("burn rate", day.isoformat()))


def _state_wuhan(cast: Cast) -> None:
    statements = []
    for code, (need, _gap) in WUHAN_DAY.items():
        item = catalogue.material(code)
        scope = "includes face shields" if code == "GOG" else ""
        statements.append(
            demand.PlaceStatement(
                "official", "420100", item.id, item.to_grains(need), clock.now(),
                "Wuhan vice-mayor, China Youth Daily 2020-02-07", scope,
            )
        )  # fmt: skip
    demand.state_place_needs(statements, by=cast.director, idem=key("published", "420100"))


def _state_hubei(cast: Cast, day: int) -> None:
    quantity, source, scope = {
        29: (
            100_000,
            "MIIT figures quoted, aoqiyi.com repost 2020-01-30",
            "about; repost, not verified at source",
        ),
        7: (
            59_400,
            "Hubei vice-governor, Changjiang Daily 2020-02-08",
            "minimum; definitions differ from Wuhan's of the day before",
        ),
    }[day]
    item = catalogue.material("SUIT-GB")
    statement = demand.PlaceStatement(
        "official", "420000", item.id, item.to_grains(quantity), clock.now(), source, scope
    )
    demand.state_place_needs([statement], by=cast.director, idem=key("published", "420000", day))


def _approve(cast: Cast) -> None:
    """Simulated approved needs per hospital and zone: Wuhan's add up to the published need, to the piece."""
    approvals = []
    for city, units in sorted(cast.units.items()):
        for code in WUHAN_DAY:
            item = catalogue.material(code)
            total = WUHAN_DAY[code][0] if city == "420100" else city_need(city, code)
            cells = [
                (unit, zone, weight * unit_weight(unit))
                for unit in sorted(units)[: UNITS_MOST.get(city, 4)]
                for zone, weight in ZONE_SHARES[code]
            ]
            for (unit, zone, _weight), quantity in zip(cells, shares(total, [c[2] for c in cells]), strict=True):
                if quantity:
                    approvals.append(
                        demand.Approval(
                            unit, item.id, zone, item.to_grains(quantity),
                            "模拟分解：按公布的全市需求 / simulated split of the city's need", is_simulated=True,
                        )
                    )  # fmt: skip
    demand.approve_needs(approvals, by=cast.director, at=clock.now(), idem=key("approve", "hubei"))


def city_need(city: str, code: str) -> int:
    """The simulated need per day of a city other than Wuhan."""
    suits = CITY_DAY.get(city, 0)
    return {"SUIT-GB": suits, "MASK-MED-N95": suits * 2, "GOG": suits * 2 // 5}[code]


def unit_weight(unit: int) -> int:
    """A fixed, simulated size of a unit: 1 to 7."""
    return 1 + unit * 2654435761 % 7


def shares(total: int, weights: list[int]) -> list[int]:
    """Whole shares of ``total`` by weight that add up exactly (largest remainders first)."""
    whole = sum(weights)
    exact = [Fraction(total * w, whole) for w in weights]
    found = [int(x) for x in exact]
    rest = total - sum(found)
    for at in sorted(range(len(weights)), key=lambda i: (found[i] - exact[i], i))[:rest]:
        found[at] += 1
    return found
