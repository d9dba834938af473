"""Who plays in Shanxi 2020: units and the maker named at the press conference; demo units and makers, labelled so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from qipan.kernel.access import Actor, Grant
from qipan.kernel.text import Both
from qipan.organisations import offices, operations, queries
from qipan.organisations.operations import Registration
from qipan.server.replay.hubei_cast import OPENING, PASSWORD, TENANT, read_rows
from qipan.server.replay.script import key
from qipan.stock import operations as stock

SOURCE = "山西省新闻发布会 2020-02-07"
PROVINCE = "140000"
CITIES = (
    "140100", "140200", "140300", "140400", "140500", "140600", "140700", "140800", "140900", "141000", "141100",
)  # fmt: skip
UNITS, MAKERS = 52, 28
"""More than fifty key units; disinfectant makers."""
PEOPLE = (
    ("duty", "duty_officer", "值班长（演示）", "Duty officer (demo)", "100000"),
    ("approver", "approver", "审批人（演示）", "Approver (demo)", "100000"),
    ("shanxi", "provincial_officer", "山西省调度员（演示）", "Shanxi officer (demo)", "140000"),
    ("taiyuan", "provincial_officer", "太原市调度员（演示）", "Taiyuan officer (demo)", "140100"),
    ("keeper", "store_keeper", "储备管理员（演示）", "Reserve keeper (demo)", "100000"),
    ("driver", "driver", "驾驶员（演示）", "Driver (demo)", "100000"),
    ("press", "spokesperson", "发言人（演示）", "Spokesperson (demo)", "100000"),
    ("audit", "auditor", "审计员（演示）", "Auditor (demo)", "100000"),
    ("admin", "administrator", "管理员（演示）", "Administrator (demo)", "100000"),
)


@dataclass
class Cast:
    """Ids of everybody and every place, by stable code."""

    director: Actor = field(default_factory=lambda: Actor(0, ""))
    second: Actor = field(default_factory=lambda: Actor(0, ""))
    units: list[int] = field(default_factory=list)
    makers: list[int] = field(default_factory=list)
    accounts: dict[str, int] = field(default_factory=dict)

    def storekeeper_of(self, unit: int) -> Actor:
        """The replay, signing in a unit's name."""
        return replace(self.director, grants=(Grant(offices.EVERYTHING, unit=unit),))


def gather_cast(folder: Path) -> Cast:
    """Open the books and register everybody at the start of the case."""
    stock.open_books(TENANT, clock_kind="driven")
    cast = Cast()
    for username, office, zh, en, region in PEOPLE:
        seat = "110000" if region == "100000" else region
        operations.appoint(
            username, name=Both(zh, en), office=office, region=seat, at=OPENING, password=PASSWORD, is_simulated=True
        )
    cast.director, cast.second = (_role(name) for name in ("replay", "replay-second"))
    _register(cast, folder)
    _open_places(cast)
    for username, office, zh, en, unit in (
        ("maker", "maker", "企业填报员（演示）", "Firm's reporter (demo)", cast.makers[1]),
        ("commissioner", "commissioner", "驻企特派员（演示）", "Resident commissioner (demo)", cast.makers[1]),
        ("receiver", "receiver", "医院库管员（演示）", "Hospital storekeeper (demo)", cast.units[0]),
    ):
        operations.appoint(
            username, name=Both(zh, en), office=office, region=PROVINCE, at=OPENING, password=PASSWORD,
            organisation=unit, is_simulated=True,
        )  # fmt: skip
    return cast


def _role(username: str) -> Actor:
    name = "回放（模拟）" if username == "replay" else "回放复核（模拟）"
    person = operations.appoint(
        username, name=Both(name, "Replay (simulated)"), office="auditor", region="110000", at=OPENING,
        is_simulated=True,
    )  # fmt: skip
    return Actor(person, name, TENANT, (Grant(offices.EVERYTHING),), simulated=True)


def _register(cast: Cast, folder: Path) -> None:
    named = read_rows(folder, "units.csv")
    units = [Registration(r["code"], r["kind"], Both(r["zh"], r["en"]), r["region"], SOURCE) for r in named]
    names = queries.regions(CITIES)
    for n in range(UNITS - len(units)):
        city = names[CITIES[n % len(CITIES)]]
        number = n // len(CITIES) + 1
        both = Both(f"{city.name.zh}重点单位{number}（演示）", f"{city.name.en} key unit {number} (demo)")
        units.append(Registration(f"unit-{n}", "hospital", both, city.code, "simulated", is_simulated=True))
    makers = [
        Registration(
            "yangmei-taihua", "enterprise", Both("阳煤太化新材料", "Yangmei Taihua New Material"), "140100", SOURCE
        )
    ]
    for n in range(MAKERS - 1):
        city = names[CITIES[n % len(CITIES)]]
        number = n // len(CITIES) + 1
        both = Both(f"{city.name.zh}消毒用品厂{number}（演示）", f"{city.name.en} disinfectant works {number} (demo)")
        makers.append(Registration(f"maker-{n}", "enterprise", both, city.code, "simulated", is_simulated=True))
    others = [
        Registration(
            "authority-140000",
            "authority",
            Both("山西省工业和信息化厅", "Shanxi industry department"),
            PROVINCE,
            SOURCE,
        ),
        Registration("custodian-1", "custodian", Both("国药（收储企业）", "Sinopharm (custodian)"), "140100", SOURCE),
        Registration(
            "custodian-2", "custodian", Both("国药控股（收储企业）", "Sinopharm Holding (custodian)"), "140100", SOURCE
        ),
    ]
    ids = operations.register([*units, *makers, *others], by=cast.director, at=OPENING)
    cast.units, cast.makers = [ids[row.code] for row in units], [ids[row.code] for row in makers]
    operations.list_key_units(
        cast.units, list_name="shanxi-2020", by=cast.director, at=OPENING, idem=key("shanxi", "key list"),
        authority=SOURCE, is_simulated=True,
    )  # fmt: skip


def _open_places(cast: Cast) -> None:
    by_code = {row.code: row for row in queries.organisations().values()}
    reserve = operations.open_place(
        "reserve-140000", by=cast.director, kind="reserve", holder=by_code["custodian-1"].id,
        owner=by_code["authority-140000"].id, name=Both("山西省医药储备库", "Shanxi medical reserve"), region=PROVINCE,
        is_simulated=True,
    )  # fmt: skip
    wanted = [stock.Opening("store", "reserve/140000", reserve, PROVINCE)]
    for unit in cast.units:
        row = next(each for each in by_code.values() if each.id == unit)
        place = operations.open_place(
            row.code, by=cast.director, kind="unit", holder=unit, name=row.name, region=row.region,
            is_simulated=row.is_simulated,
        )  # fmt: skip
        wanted.append(stock.Opening("store", f"unit/{row.code}", place, row.region))
    wanted += [stock.Opening("source", f"outside/{name}") for name in ("output", "opening", "implied")]
    wanted.append(stock.Opening("sink", "outside/use"))
    cast.accounts = stock.open_accounts(wanted, by=cast.director)
