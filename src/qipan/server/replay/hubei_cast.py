"""Who plays in Hubei 2020: real hospitals, enterprises and carriers; roles and demo plants, labelled so."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from qipan.kernel import clock
from qipan.kernel.access import Actor, Grant
from qipan.kernel.text import Both
from qipan.organisations import offices, operations, queries
from qipan.organisations.operations import Registration
from qipan.organisations.queries import OrganisationRow
from qipan.server.replay import script
from qipan.stock import operations as stock

OPENING = datetime(2020, 1, 23, 0, 0, tzinfo=clock.CST)
TENANT = 100000
PASSWORD = "qipan-demo"
SOURCE_REQUESTS = "wuhan2020/wuhan2020 (MIT)"

PEOPLE = (
    ("duty", "duty_officer", "值班长（演示）", "Duty officer (demo)", "100000"),
    ("approver", "approver", "审批人（演示）", "Approver (demo)", "100000"),
    ("hubei", "provincial_officer", "湖北省调度员（演示）", "Hubei officer (demo)", "420000"),
    ("keeper", "store_keeper", "储备管理员（演示）", "Reserve keeper (demo)", "100000"),
    ("driver", "driver", "驾驶员（演示）", "Driver (demo)", "100000"),
    ("receiver", "receiver", "医院库管员（演示）", "Hospital storekeeper (demo)", "420100"),
    ("press", "spokesperson", "发言人（演示）", "Spokesperson (demo)", "100000"),
    ("audit", "auditor", "审计员（演示）", "Auditor (demo)", "100000"),
    ("admin", "administrator", "管理员（演示）", "Administrator (demo)", "100000"),
)

PLANTS = {
    "SUIT-GB": (("130100", 3), ("320500", 3), ("340800", 2), ("370200", 2), ("410700", 3), ("310000", 1), ("440100", 1)),
    "SUIT-EM": (("330300", 3), ("370200", 2), ("320500", 2)),
    "MASK-MED-N95": (("410700", 3), ("371100", 2), ("310000", 1), ("440100", 2)),
    "GOG": (("370200", 2), ("330300", 2), ("440100", 2), ("320500", 1)),
    "SHIELD": (("370200", 1), ("440100", 1)),
    "THERM-AUTO": (("440300", 1), ("330100", 1)),
    "DIS-HAND": (("320500", 1), ("440100", 1)),
    "DIS-84": (("370200", 1), ("130100", 1)),
    "AMB-NP": (("320100", 1), ("410700", 1)),
    "MON": (("440300", 1),),
}  # fmt: skip


@dataclass
class Cast:
    """Ids of everybody and every place, by stable code."""

    actors: dict[str, Actor] = field(default_factory=dict)
    director: Actor = field(default_factory=lambda: Actor(0, ""))
    plants: dict[str, int] = field(default_factory=dict)  # region → place
    reserves: dict[str, int] = field(default_factory=dict)
    units: dict[str, list[int]] = field(default_factory=dict)  # city → organisation ids
    unit_places: dict[int, int] = field(default_factory=dict)  # organisation → place
    accounts: dict[str, int] = field(default_factory=dict)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)  # (region of the plant, item) → line

    def storekeeper_of(self, unit: int) -> Actor:
        """The replay, signing in a unit's name."""
        return replace(self.director, grants=(Grant(offices.EVERYTHING, unit=unit),))


def read_rows(folder: Path, name: str) -> list[dict[str, str]]:
    """Rows of a CSV of the case."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def hospital_code(city: str, name: str) -> str:
    """The stable code of a hospital of the request table, short enough for the column."""

    return f"h-{city}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def gather_cast(folder: Path) -> Cast:
    """Open the books and register everybody at the start of the case."""
    cast = Cast()
    stock.open_books(TENANT, clock_kind="driven")
    _appoint(cast)
    _register(folder, cast)
    _open_places(cast)
    return cast


def _appoint(cast: Cast) -> None:
    for username, office, zh, en, region in PEOPLE:
        seat = "110000" if region == "100000" else region
        person = operations.appoint(
            username,
            name=Both(zh, en),
            office=office,
            region=seat,
            at=OPENING,
            password=PASSWORD,
            is_simulated=True,
        )
        row = queries.active_person(person)
        assert row is not None
        cast.actors[username] = queries.actor_of(row, OPENING)
    director = operations.appoint(
        "replay", name=Both("回放（模拟）", "Replay (simulated)"), office="auditor", region="110000", at=OPENING,
        is_simulated=True,
    )  # fmt: skip
    cast.director = Actor(director, "回放（模拟）", TENANT, (Grant(offices.EVERYTHING),), simulated=True)


def _register(folder: Path, cast: Cast) -> None:
    rows: dict[str, Registration] = {}
    for row in read_rows(folder, "hospitals.csv"):
        code = hospital_code(row["city_code"], row["hospital"])
        rows[code] = Registration(
            code,
            "hospital",
            Both(row["hospital"], ""),
            row["city_code"],
            SOURCE_REQUESTS,
            row["district"],
            row["address"],
        )
    for row in read_rows(folder, "request_changes.csv"):
        code = hospital_code(row["city_code"], row["hospital"])
        rows.setdefault(
            code, Registration(code, "hospital", Both(row["hospital"], ""), row["city_code"], SOURCE_REQUESTS)
        )
    for city in queries.tile_codes("hubei"):
        if not any(r.region == city for r in rows.values()):
            name = queries.region(city).name
            rows[f"demo-{city}"] = Registration(
                f"demo-{city}", "hospital", Both(f"{name.zh}定点医院（演示）", f"{name.en} designated hospital (demo)"),
                city, "simulated", is_simulated=True,
            )  # fmt: skip
    for at, row in enumerate(read_rows(folder, "carriers.csv")):
        rows[f"carrier-{at}"] = Registration(
            f"carrier-{at}", "carrier", Both(row["carrier"], ""), "110000", SOURCE_REQUESTS
        )
    for row in read_rows(folder, "factories.csv"):
        found = queries.region_by_name(row["city"]) or queries.region_by_name(row["province"])
        if found is not None and row["name"]:
            code = f"firm-{row['id']}"
            rows.setdefault(code, Registration(code, "enterprise", Both(row["name"], ""), found.code, SOURCE_REQUESTS))
    for region in sorted({region for sources in PLANTS.values() for region, _weight in sources}):
        name = queries.region(region).name
        rows[f"plant-{region}"] = Registration(
            f"plant-{region}", "enterprise", Both(f"{name.zh}演示工厂", f"{name.en} demo plant"), region, "simulated",
            is_simulated=True,
        )  # fmt: skip
    for code, province in queries.regions(levels=("province",)).items():
        rows[f"authority-{code}"] = Registration(
            f"authority-{code}", "authority", Both(f"{province.name.zh}医药储备主管部门", f"{province.name.en} reserve authority"),
            code, "role",
        )  # fmt: skip
    for code, zh, en in (
        ("custodian-1", "国药（收储企业）", "Sinopharm (custodian)"),
        ("custodian-2", "国药控股（收储企业）", "Sinopharm Holding (custodian)"),
    ):
        rows[code] = Registration(code, "custodian", Both(zh, en), "110000", "Shanxi press conference, 2020-02-07")
    for code, kind, zh, en, region in (
        ("railway-wh", "railway", "武汉铁路单位（演示）", "Wuhan railway unit (demo)", "420100"),
        ("community-wh", "community", "武汉社区防控单位（演示）", "Wuhan community unit (demo)", "420100"),
        (
            "team-hubei",
            "mobile_team",
            "支援湖北医疗救助队（演示）",
            "Medical team aiding Hubei (demo)",
            "420100",
        ),
    ):
        rows[code] = Registration(code, kind, Both(zh, en), region, "simulated", is_simulated=True)
    ids = operations.register(list(rows.values()), by=cast.director, at=OPENING)
    for code, entry in rows.items():
        if entry.kind in ("hospital", "mobile_team", "railway", "community"):
            cast.units.setdefault(queries.city_of(entry.region), []).append(ids[code])


def _open_places(cast: Cast) -> None:
    by = cast.director
    wanted: list[stock.Opening] = []
    names = dict(sorted(queries.organisations().items()))
    by_code = {row.code: row for row in names.values()}
    for region in sorted({region for sources in PLANTS.values() for region, _weight in sources}):
        holder = by_code[f"plant-{region}"]
        place = operations.open_place(
            f"plant-{region}", by=by, kind="plant", holder=holder.id, name=holder.name,
            region=region, is_simulated=True,
        )  # fmt: skip
        cast.plants[region] = place
        wanted.append(stock.Opening("store", f"plant/{region}", place, region))
    custodian = by_code["custodian-1"].id
    for code, province in queries.regions(levels=("province",)).items():
        place = operations.open_place(
            f"reserve-{code}", by=by, kind="reserve", holder=custodian, owner=by_code[f"authority-{code}"].id,
            name=Both(f"{province.name.zh}医药储备库", f"{province.name.en} reserve"), region=code, is_simulated=True,
        )  # fmt: skip
        cast.reserves[code] = place
        wanted.append(stock.Opening("store", f"reserve/{code}", place, code))
    for units in cast.units.values():
        for unit in units:
            row = names[unit]
            place = operations.open_place(
                row.code, by=by, kind="unit", holder=unit, name=row.name, region=row.region,
                is_simulated=row.is_simulated,
            )  # fmt: skip
            cast.unit_places[unit] = place
            wanted.append(stock.Opening("store", f"unit/{row.code}", place, row.region))
    for outside in ("output", "opening", "implied"):
        wanted.append(stock.Opening("source", f"outside/{outside}"))
    wanted.append(stock.Opening("sink", "outside/use"))
    cast.accounts = stock.open_accounts(wanted, by=by)
    _give_receiver_a_hospital(cast, by_code)


def _give_receiver_a_hospital(cast: Cast, by_code: dict[str, OrganisationRow]) -> None:
    hospital = next(o for o in by_code.values() if "金银潭" in o.name.zh)
    operations.appoint(
        "receiver",
        name=Both("", ""),
        office="receiver",
        region=hospital.region,
        at=OPENING,
        organisation=hospital.id,
    )
    key = [
        o.id
        for o in by_code.values()
        if any(w in o.name.zh for w in ("金银潭", "协和", "同济", "火神山", "雷神山", "肺科", "红十字会"))
    ]
    operations.list_key_units(
        [*key, by_code["team-hubei"].id], list_name="hubei-2020", by=cast.director, at=OPENING, idem=script.key("key list"),
        authority="simulated list", is_simulated=True,
    )  # fmt: skip
