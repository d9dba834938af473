"""The case shanxi-2020: 23 January to 10 February 2020, as the press conference of 7 February told it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qipan.allocation import operations as allocation
from qipan.allocation import queries as allocation_reads
from qipan.catalogue import operations as catalogue_writes
from qipan.catalogue import queries as catalogue
from qipan.demand import operations as demand
from qipan.kernel import clock, figures
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations import queries as organisation_reads
from qipan.production import operations as production
from qipan.production import queries as production_reads
from qipan.production.operations import CommissionText, Daily, LineRegistration
from qipan.resumption import operations as resumption
from qipan.resumption.operations import ChecklistText, PermitText, StepText, TallyText
from qipan.server import worker
from qipan.server.replay.hubei import publish_figures
from qipan.server.replay.hubei_cast import OPENING
from qipan.server.replay.hubei_needs import shares
from qipan.server.replay.script import Say, Script, case_folder, key
from qipan.server.replay.shanxi_cast import CITIES, PROVINCE, SOURCE, Cast, gather_cast
from qipan.stock import operations as stock
from qipan.transport import operations as transport
from qipan.transport import queries as transport_reads
from qipan.ui import format

CASE = "shanxi-2020"
PRODUCTS = (
    "DIS-H2O2", "DIS-NACLO", "DIS-NADCC", "DIS-84", "DIS-PAA", "DIS-ETOH95", "DIS-ETOH75", "DIS-CLO2",
)  # fmt: skip
"""The eight products of the 28 makers, in the order of the report."""
KINDS = (
    "MASK-MED-N95", "MASK-SURG", "MASK-DISP", "GOG", "SUIT-GB", "GOWN-ISO", "GOWN-SURG", "MASK-KN95", "HOOD-NP", "SHIELD",
    "GLV-EXAM", "GLV-PVC", "GLV-SURG", "SHOE", "CAP", "DIS-84", "DIS-NACLO", "DIS-NADCC", "DIS-CLO2", "DIS-PAA",
    "DIS-H2O2", "DIS-ETOH95", "DIS-ETOH75", "DIS-HAND", "THERM-HAND", "THERM-AUTO", "MON", "OXI", "O2CONC", "PUMP-INF",
    "SPRAYER", "VENT-NIV",
)  # fmt: skip
"""32 kinds; the first five are named in the report."""
ZONES = {"MASK-SURG": "GEN", "MASK-DISP": "GEN", "GLV-PVC": "GEN", "THERM-HAND": "SCR", "THERM-AUTO": "SCR"}
BATCHES = 28
NEEDY = 9
"""Units that need an item of a batch."""
RESUMED = (700, 748, 795, 842, 888, 933, 976, 1_020, 1_063, 1_107)
"""31 January to 9 February; only the 976 of 6 February is published."""
FIRST_TALLY = date(2020, 1, 31)
PERMITTED, IN_SCOPE = 13, 8
WAVES = ((27, 6, 5), (31, 5, 4), (35, 5, 4))
"""Day counted from 1 January, commissioners, firms: 16 at 13 firms in three waves."""
TEAMS = ("生产协调督导一组", "生产协调督导二组", "生产协调督导三组", "调度采购工作组")


def play(until: datetime, say: Say) -> Cast:
    """Play the case up to ``until``; every figure of the press conference comes out as of 6 February, 24:00."""
    folder = case_folder(CASE)
    script = Script(at_cut=worker.pass_cut)
    rng = Random(20200207)
    with clock.held_at(OPENING):
        catalogue_writes.load_catalogue()
        cast = gather_cast(folder)
        _policy(cast)
        _reserve(cast)
        _lists(cast)
        lines = _lines(cast, rng)
    publish_figures(script, folder)
    _batches(script, cast, rng)
    _commissioners(script, cast)
    _permits(script, cast, lines, rng)
    _reports(script, cast, lines, rng)
    _return_to_work(script, cast)
    script.play(until, say)
    return cast


def _policy(cast: Cast) -> None:
    tiers = (
        {"name_zh": "疫情重灾区", "name_en": "Worst-hit areas", "regions": ["140100"], "is_key_unit": True},
        {"name_zh": "重点防控单位", "name_en": "Key units", "is_key_unit": True},
        {"name_zh": "一线医务人员及其他", "name_en": "Front-line staff and others"},
    )
    text = allocation.PolicyText(Both("三保障原则", "Three to be kept supplied"), SOURCE, tiers, pools=("own_reserve",))
    allocation.state_policy("shanxi-three", text, version=1, by=cast.director, at=OPENING, idem=key("shanxi", "policy"))


def _reserve(cast: Cast) -> None:
    """Simulated opening stock of the provincial reserve: what the batches can share out."""
    lines = []
    for code in KINDS:
        item = catalogue.material(code)
        quantity = 400 if item.is_durable else 60_000
        lines.append(
            stock.Transfer(
                "opening", item.id, cast.accounts["outside/opening"], cast.accounts["reserve/140000"],
                item.to_grains(quantity), "opening/2020-01-23", basis="simulated",
            )
        )  # fmt: skip
    stock.post_batch(lines, by=cast.director, idem=key("shanxi", "reserve"), at=OPENING)


def _lists(cast: Cast) -> None:
    """Eight of the thirteen that get permits, and seven more, are in the dispatch scope; all make epidemic goods."""
    scope = [*cast.makers[:IN_SCOPE], *cast.makers[PERMITTED : PERMITTED + 7]]
    for name, units in (("dispatch", scope), ("epidemic", cast.makers), ("above_size", cast.makers[:20])):
        organisations.list_enterprises(
            units, list_name=name, is_member=True, authority="名单为模拟", by=cast.director, at=OPENING,
            idem=key("shanxi", "list", name),
        )  # fmt: skip


def _lines(cast: Cast, rng: Random) -> list[int]:
    """One line of a product for each maker; those that wait for a permit are converting until it comes."""
    lines = []
    for n, unit in enumerate(cast.makers):
        item = catalogue.material(PRODUCTS[n % len(PRODUCTS)])
        wanted = LineRegistration(
            unit, item.id, "1#", "converting" if n < PERMITTED else "running", item.to_grains(rng.randrange(4, 30) * 500),
            "模拟产能 · simulated capacity", release_days=0, is_simulated=True,
        )  # fmt: skip
        lines.append(production.register_line(wanted, by=cast.director, at=OPENING, idem=key("shanxi", "line", n)))
    return lines


def _batches(script: Script, cast: Cast, rng: Random) -> None:
    """28 batches of the reserve up to 6 February, two a day; each is planned, approved by another, issued, delivered."""
    for n in range(BATCHES):
        at = datetime(2020, 1, 24, 9 + 7 * (n % 2), 0, tzinfo=clock.CST) + timedelta(days=n // 2)
        kinds = [KINDS[n], *([KINDS[BATCHES + n]] if n < len(KINDS) - BATCHES else [])]
        script.write(at, f"batch {n + 1}", partial(_batch, script, cast, n, kinds, Random(rng.random())))


def _batch(script: Script, cast: Cast, n: int, kinds: list[str], rng: Random) -> None:
    now = clock.now()
    approvals = []
    for k, code in enumerate(kinds):
        item = catalogue.material(code)
        for j in range(NEEDY):
            unit = cast.units[(n * 5 + k * 3 + j * (1 if j < 2 else 6)) % len(cast.units)]
            quantity = rng.randrange(1, 4) if item.is_durable else rng.randrange(6, 40) * 10
            approvals.append(
                demand.Approval(
                    unit, item.id, ZONES.get(code, "ISO"), item.to_grains(quantity), "模拟需求", is_simulated=True
                )
            )
    demand.approve_needs(approvals, by=cast.director, at=now, idem=key("shanxi", "need", n))
    number = allocation.plan_batch(
        by=cast.director, idem=key("shanxi", "plan", n), at=now, policy="shanxi-three", deadline=now + timedelta(days=2),
        title=Both(f"省级医药储备第{n + 1}批", f"Provincial reserve, batch {n + 1}"), items=kinds, place=PROVINCE,
    )  # fmt: skip
    allocation.approve_batch(number, by=cast.second, at=now, idem=key("shanxi", "approve", n))
    allocation.issue_batch(number, by=cast.second, at=now, idem=key("shanxi", "issue", n))
    groups: dict[int, list[int]] = {}
    for line in allocation_reads.lines_to_load(number):
        groups.setdefault(line.consignee_place, []).append(line.id)
    for m, (_place, lines) in enumerate(sorted(groups.items())):
        leaves = now + timedelta(minutes=60 + 7 * m)
        script.write(leaves, f"a load of batch {n + 1}", partial(_load, script, cast, lines, (n, m)))


def _load(script: Script, cast: Cast, lines: list[int], which: tuple[int, int]) -> None:
    now = clock.now()
    comes = now + timedelta(hours=3)
    vehicle = transport.Vehicle(f"演J·{which[0]:02d}{which[1]:02d}", "驾驶员（演示）")
    number = transport.load_batch_lines(
        lines, by=cast.director, idem=key("shanxi", "load", *which), at=now, vehicle=vehicle, planned_arrival=comes,
        is_simulated=True,
    )  # fmt: skip
    transport.depart(number, by=cast.director, at=now, idem=key("shanxi", "depart", *which))

    def receive() -> None:
        transport.report_arrival(number, by=cast.director, at=clock.now(), idem=key("shanxi", "arrive", *which))
        counted = {n: transport.Counted(quantity) for n, quantity in transport.lines_of(number).items()}
        transport.confirm_receipt(
            number, counted=counted, by=cast.storekeeper_of(transport_reads.consignee_of(number)), at=clock.now(),
            idem=key("shanxi", "receive", *which), receiver="库管员（演示）",
        )  # fmt: skip

    script.write(comes, f"{number} received", receive)


def _commissioners(script: Script, cast: Cast) -> None:
    """Three waves; who is where is simulated."""
    firm = 0
    for wave, (day, people, firms) in enumerate(WAVES, start=1):
        units = cast.makers[firm : firm + firms]
        firm += firms
        wanted = [
            CommissionText(
                units[n % firms],
                f"特派员{wave}-{n + 1}（演示）",
                wave,
                TEAMS[wave - 1],
                is_lead=n < firms,
                is_simulated=True,
            )
            for n in range(people)
        ]
        script.write(
            datetime(2020, 1, 1, 10, tzinfo=clock.CST) + timedelta(days=day - 1), f"wave {wave} of commissioners",
            partial(_send, cast, wanted, wave),
        )  # fmt: skip


def _send(cast: Cast, wanted: list[CommissionText], wave: int) -> None:
    production.send_commissioners(
        wanted, authority="山西省工信厅（公布人数；派驻到企业为模拟）", by=cast.director, at=clock.now(),
        idem=key("shanxi", "commissioners", wave),
    )  # fmt: skip


def _permits(script: Script, cast: Cast, lines: list[int], rng: Random) -> None:
    """Thirteen applications from 27 January on, passed from market supervision to health, granted by 5 February."""
    for n in range(PERMITTED):
        asked = datetime(2020, 1, 27, 9, tzinfo=clock.CST) + timedelta(hours=11 * n)
        days = rng.randrange(2, 4)
        script.write(asked, "permit applied for", partial(_apply, script, cast, lines, n, days))


def _apply(script: Script, cast: Cast, lines: list[int], n: int, days: int) -> None:
    now = clock.now()
    item = catalogue.material(PRODUCTS[n % len(PRODUCTS)])
    wanted = PermitText(
        cast.makers[n], "hygiene_temporary", f"{item.name.zh}临时卫生许可（日期为模拟）", "market", now + timedelta(days=1),
        item.id, is_simulated=True,
    )  # fmt: skip
    permit = resumption.apply_for_permit(wanted, by=cast.director, at=now, idem=key("shanxi", "apply", n))

    def step(at: datetime, text: StepText, word: str) -> None:
        def do() -> None:
            resumption.step_permit(permit, text, by=cast.director, at=clock.now(), idem=key("shanxi", word, n))
            if text.kind == "granted":
                capacity = item.to_grains(6_000)
                production.state_line(
                    lines[n], state="running", capacity_day=capacity, ground="取得临时卫生许可（模拟）", by=cast.director,
                    at=clock.now(), idem=key("shanxi", "licensed", n),
                )  # fmt: skip

        script.write(at, f"permit {n + 1} {word}", do)

    moved = StepText("moved", "现场核查后转卫健（模拟）", "health", now + timedelta(days=days), is_simulated=True)
    step(now + timedelta(hours=20), moved, "moved")
    granted = StepText("granted", number=f"演示临〔2020〕{n + 1:03d}号", valid_to=date(2020, 5, 31), is_simulated=True)
    step(now + timedelta(days=days), granted, "granted")


def _reports(script: Script, cast: Cast, lines: list[int], rng: Random) -> None:
    """Each evening at half past five every line that runs reports its day: a growing output, most of it shipped."""
    level = [rng.uniform(0.45, 0.7) for _line in lines]
    for day in range(13):
        at = datetime(2020, 1, 28, 17, 30, tzinfo=clock.CST) + timedelta(days=day)
        script.write(at, "daily reports (simulated)", partial(_report, cast, lines, level, day, Random(rng.random())))


def _report(cast: Cast, lines: list[int], level: list[float], day: int, rng: Random) -> None:
    now = clock.now()
    on = clock.day_of(now)
    said = []
    before = {
        row.line_id: row
        for row in production_reads.reports(Cut(now), first=on - timedelta(days=1), last=on, line_ids=lines)
        if row.voice == "firm"
    }
    for row in production_reads.lines(Cut(now), ids=lines):
        if row.state != "running":
            continue
        part = min(0.98, level[lines.index(row.id)] + 0.03 * day + rng.uniform(-0.01, 0.01))
        made = max(int(row.capacity * part), before[row.id].output if row.id in before else 0)
        opening = before[row.id].closing if row.id in before else 0
        shipped = int((opening + made) * 0.85)
        said.append(
            Daily(
                row.id, on, "firm", made, shipped, opening + made - shipped, opening=opening, people=rng.randrange(20, 90),
                flows=((CITIES[rng.randrange(len(CITIES))], shipped),), source="replay", is_simulated=True,
            )
        )  # fmt: skip
    production.submit_daily_reports(said, by=cast.director, idem=key("shanxi", "reports", day))


def _return_to_work(script: Script, cast: Cast) -> None:
    """The rule, the checklist, and each evening's counts of the cities."""

    def rule() -> None:
        resumption.set_start_rule(
            PROVINCE, list_name="", not_before=clock.read_instant("2020-02-09T24:00"),
            document="《关于延迟企业复工的通知》（下发日期为模拟）", by=cast.director, at=clock.now(), idem=key("shanxi", "rule"),
        )  # fmt: skip
        resumption.set_start_rule(
            PROVINCE, list_name="epidemic", not_before=OPENING, document="防控物资生产企业可提前复工", by=cast.director,
            at=clock.now(), idem=key("shanxi", "rule epidemic"),
        )  # fmt: skip

    def guide() -> None:
        text = ChecklistText(
            "shanxi-2020-02", Both("工业企业疫情防控工作导则", "Guideline on epidemic prevention in industry"), "山西省工信厅",
            "44 条为公布条数；条文为本系统自拟", resumption.measures_of_shanxi(), region=PROVINCE,
        )  # fmt: skip
        resumption.write_checklist(text, by=cast.director, at=clock.now(), idem=key("shanxi", "checklist"))

    script.write(datetime(2020, 1, 30, 12, tzinfo=clock.CST), "not before 9 February 24:00", rule)
    script.write(datetime(2020, 2, 5, 12, tzinfo=clock.CST), "the guideline of 44 measures", guide)
    people = organisation_reads.populations(CITIES)
    weights = [people.get(city, 2_000_000) for city in CITIES]
    for n, total in enumerate(RESUMED):
        day = FIRST_TALLY + timedelta(days=n)
        at = clock.start_of(day) + timedelta(hours=20)
        script.write(
            at,
            f"{total} firms have resumed",
            partial(_tally, cast, day, dict(zip(CITIES, shares(total, weights), strict=True))),
        )


def _tally(cast: Cast, day: date, counts: dict[str, int]) -> None:
    said = [
        TallyText(city, day, resumed, None, None, "above_size", "按全省公布数分摊（模拟）", is_simulated=True)
        for city, resumed in counts.items()
    ]
    resumption.tell_tallies(said, by=cast.director, idem=key("shanxi", "tally", day))


def briefing(as_of: datetime) -> list[str]:
    """The lines `qipan demo --no-serve` prints, in the language in force: firms resumed, permits, commissioners."""
    cut = Cut(as_of, place=PROVINCE)
    place = organisation_reads.region(PROVINCE).name
    found = figures.find("resumption.firms_resumed")
    lines = [f"{found.title} · {place} · {format.instant(as_of, get_language() or '', year=None)}"]
    for row in found.read(cut).rows:
        words = f"  {row['class']}: {_('Resumed')} {format.figure(row['resumed'])}"
        if row["expected"] is not None:
            low, high = format.figure(row["expected_low"]), format.figure(row["expected_high"])
            words += f" · {row['expected_day']}: {_('Expected')} {format.figure(row['expected'])} ({low} – {high})"
        lines.append(words)
    for row in figures.find("resumption.permits").read(cut).rows:
        scope = f"{_('Of these in dispatch scope')} {format.figure(row['in_dispatch'])}"
        lines.append(f"  {row['kind']}: {_('Valid at the cut')} {format.figure(row['valid'])} · {scope}")
    for row in figures.find("production.commissioners").read(cut).rows:
        firms, waves = format.figure(row["firms"]), format.figure(row["waves"])
        people = format.figure(row["commissioners"])
        lines.append(f"  {_('Resident commissioners')} {people} · {_('Enterprises')} {firms} · {_('Waves')} {waves}")
    return lines
