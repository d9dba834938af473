"""A second province beside the cast's Hubei, whose every word and number can be told from all others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from qipan.allocation import operations as allocation
from qipan.allocation import queries as allocation_reads
from qipan.demand import operations as demand
from qipan.kernel import clock
from qipan.kernel.access import Actor, Grant
from qipan.kernel.text import Both
from qipan.organisations import offices
from qipan.organisations import operations as organisations
from qipan.organisations.models import Person, Post
from qipan.organisations.operations import Registration
from qipan.production import operations as production
from qipan.production.operations import CommissionText, Daily, LineRegistration, TicketText
from qipan.resumption import operations as resumption
from qipan.resumption.operations import ChecklistText, PermitText, PhaseText, StepText, TallyText
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads
from qipan.transport import operations as transport
from qipan.transport.models import Photo, Shipment
from tests.cast import Cast

NUMBER = 7654321
MARKS = ("7654321", "7,654,321", "765.4321", "7654.321", "晋密", "Jinmi", "晋A7788", "晋司机")
"""What must not be read outside the province: its quantity in every form, and its words."""


@dataclass
class Province:
    """Ids of the province's things."""

    by: Actor
    unit: int
    place: int
    account: int
    outside: int
    item: int
    batch: int
    shipment: str
    post: int
    person: int
    movements: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    photo: int = 0
    line: int = 0
    numbers: dict[str, int] = field(default_factory=dict)


def build(cast: Cast) -> Province:
    """A hospital and a store in Shanxi, with needs, a batch, a load received, a count and remarks."""
    now = clock.now()
    director = Actor(cast.duty.id, "晋密值班", grants=(Grant(offices.EVERYTHING, reads="100000"),))
    rows = [
        Registration("jin_unit", "hospital", Both("太原医院", "Taiyuan hospital"), "140100", "test"),
        Registration("jin_firm", "enterprise", Both("大同工厂", "Datong plant"), "140200", "test"),
    ]
    ids = organisations.register(rows, by=director, at=now)
    unit, firm = ids["jin_unit"], ids["jin_firm"]
    place = organisations.open_place(
        "jin_unit", by=director, kind="unit", holder=unit, name=Both("太原", "Taiyuan"), region="140100"
    )
    store = organisations.open_place(
        "jin_firm", by=director, kind="plant", holder=firm, name=Both("大同", "Datong"), region="140200"
    )
    wanted = [stock.Opening("store", "unit/jin", place, "140100"), stock.Opening("store", "plant/jin", store, "140200")]
    accounts = stock.open_accounts(wanted, by=director)
    item = cast.items["SUIT-GB"]
    outside = cast.accounts["outside"]
    opening = stock.Transfer("opening", item.id, outside, accounts["plant/jin"], 2 * NUMBER, "晋密")
    movements = stock.post_batch([opening], by=director, idem=uuid4(), at=now)
    _need(unit, item.id, director, now)
    number = allocation.plan_batch(
        by=director, idem=uuid4(), at=now, policy="test-policy", deadline=clock.read_instant("2020-02-07T19:00"),
        title=Both("晋密批次", "Jinmi batch"), items=["SUIT-GB"], place="140000",
    )  # fmt: skip
    second = Actor(cast.approver.id, "晋密审批", grants=director.grants)
    allocation.approve_batch(number, by=second, at=now, idem=uuid4(), note="晋密")
    allocation.issue_batch(number, by=second, at=now, idem=uuid4())
    lines = [line.id for line in allocation_reads.lines_to_load(number)]
    load = transport.load_batch_lines(
        lines, by=director, idem=uuid4(), at=now, vehicle=transport.Vehicle("晋A7788", "晋司机"), planned_arrival=now
    )
    transport.depart(load, by=director, at=now, idem=uuid4(), note="晋密")
    transport.report_arrival(load, by=director, at=now, idem=uuid4())
    keeper = Actor(cast.keeper.id, "晋密库管", grants=(Grant(offices.EVERYTHING, unit=unit, reads="140100"),))
    transport.confirm_receipt(
        load, counted={n: transport.Counted(q) for n, q in transport.lines_of(load).items()}, by=keeper, at=now,
        idem=uuid4(), receiver="晋密收货人",
    )  # fmt: skip
    photo = Photo.objects.create(
        shipment=Shipment.objects.get(number=load), jpeg=b"\xff\xd8 Jinmi", sha256="0" * 64, at=now,
        actor_id=keeper.id, actor_name=keeper.name,
    )  # fmt: skip
    count = {"item": item.id, "reason": "晋密盘点", "by": director, "at": now}
    for counted in (2 * NUMBER + 1, NUMBER + 1):
        stock.count_stock(accounts["plant/jin"], counted=counted, idem=uuid4(), **count)
    waiting = stock_reads.corrections()[0][0].id
    stock.confirm_correction(waiting, by=second, idem=uuid4(), at=now, note="晋密")
    stock.count_stock(accounts["plant/jin"], counted=1, idem=uuid4(), **count)
    post = _post(unit)
    line = _line(firm, cast.items["GOG"].id, director, now)
    sent = production.send_commissioners(
        [CommissionText(firm, "晋密特派员"), CommissionText(firm, "晋密组员")], authority="晋密", by=director, at=now,
        idem=uuid4(),
    )  # fmt: skip
    production.end_commission(sent[1], ground="晋密", by=director, at=now, idem=uuid4())
    return Province(
        director, unit, place, accounts["plant/jin"], outside, item.id, number, load, post.id, post.person_id,
        movements, lines=lines, photo=photo.id, line=line,
        numbers={
            "lines": line, "commissioners": sent[0], "tickets": _ticket(line, firm, director, now),
            **_return(firm, director, second, now),
        },
    )  # fmt: skip


def _ticket(line: int, firm: int, by: Actor, now: datetime) -> int:
    """What holds the line back, with a step; and the commissioner's day."""
    wanted = TicketText(line, "material", "晋密缺料", "industry", now + timedelta(days=3))
    ticket = production.open_ticket(wanted, by=by, at=now, idem=uuid4())
    production.step_ticket(ticket, kind="note", text="晋密", by=by, at=now, idem=uuid4())
    production.write_commission_log(firm, day=clock.day_of(now), entries={"quality": "晋密"}, by=by, idem=uuid4())
    return ticket


def _return(firm: int, by: Actor, second: Actor, now: datetime) -> dict[str, int]:
    """The firm's way back to work, a count of the province, and a permit; numbers by their part of an address."""
    more: Any = {"by": by, "at": now}
    asked = [
        resumption.ask_exemption(firm, ground="other", text="晋密", start_at=now, idem=uuid4(), **more)
        for _ in range(2)
    ]
    resumption.decide_exemption(asked[0], is_approved=True, note="晋密", by=second, at=now, idem=uuid4())
    measures = ((Both("章", "Chapter"), Both("条", "Measure")),)
    text = ChecklistText("jin", Both("清单", "List"), "x", "x", measures, "140000")
    resumption.write_checklist(text, idem=uuid4(), **more)
    resumption.assess(firm, checklist="jin", answers={1: ("met", "晋密")}, is_inspection=False, idem=uuid4(), **more)
    resumption.sign_commitment(firm, signer="晋密", document="晋密", idem=uuid4(), **more)
    phases = [
        resumption.plan_phase(PhaseText(firm, n, "晋密", True, NUMBER, clock.day_of(now)), idem=uuid4(), **more)
        for n in (1, 2)
    ]
    resumption.start_phase(phases[0], idem=uuid4(), **more)
    resumption.count_people(firm, day=clock.day_of(now), on_site=NUMBER, normal=NUMBER, by=by, idem=uuid4())
    resumption.tell_return(firm, is_working=True, note="晋密", idem=uuid4(), **more)
    tally = TallyText("140000", clock.day_of(now), NUMBER, NUMBER + 1, NUMBER, "above_size", "晋密")
    resumption.tell_tallies([tally], by=by, idem=uuid4())
    wanted = PermitText(firm, "device", "晋密", "health", now + timedelta(days=3))
    permit = resumption.apply_for_permit(wanted, idem=uuid4(), **more)
    resumption.step_permit(permit, StepText("note", "晋密"), idem=uuid4(), **more)
    return {"exemptions": asked[1], "phases": phases[1], "permits": permit, "firms": firm}


def _line(firm: int, item: int, by: Actor, now: datetime) -> int:
    """A line of the firm, on a list, with a day reported by both voices."""
    wanted = LineRegistration(firm, item, "晋密线", "running", NUMBER, "晋密", release_days=0)
    line = production.register_line(wanted, by=by, at=now, idem=uuid4())
    organisations.list_enterprises(
        [firm], list_name="key", is_member=True, authority="晋密", by=by, at=now, idem=uuid4()
    )
    for voice in ("firm", "commissioner"):
        said = Daily(line, clock.day_of(now), voice, NUMBER, 0, NUMBER, opening=0, note="晋密", source="晋密")
        production.submit_daily_reports([said], by=by, idem=uuid4())
    return line


def _post(unit: int) -> Post:
    """Somebody who holds an office there."""
    person = Person.objects.create_person("jin", name_zh="晋密员", name_en="Jinmi clerk")
    return Post.objects.create(
        person=person, office="receiver", region_id="140100", organisation_id=unit, valid_from=clock.now()
    )


def _need(unit: int, item: int, by: Actor, now: datetime) -> None:
    """What the unit said, what was approved, what is said of the province, and text that waits for a person."""
    said = demand.NeedStatement(
        organisation=unit, item_text="晋密防护服", change="added", at=now, source="test", material=item, zone="ICU",
        quantity=NUMBER, unit_text="件", specification="晋密规格",
    )  # fmt: skip
    demand.report_needs([said], by=by, idem=uuid4())
    demand.approve_needs([demand.Approval(unit, item, "ICU", NUMBER, "晋密")], by=by, at=now, idem=uuid4())
    statement = demand.PlaceStatement("scenario", "140000", item, NUMBER, now, "晋密来源")
    demand.state_place_needs([statement], by=by, idem=uuid4())
    demand.keep_remarks(
        [{"organisation_id": unit, "kind": "stock", "text": "晋密", "at": now, "source": "test"}], by=by
    )
    unread = {
        "organisation_id": unit, "file": "f", "row": 1, "column": "c", "cell": "晋密", "start": 0, "end": 2,
        "reason": "number", "at": now,
    }  # fmt: skip
    demand.keep_unread([unread], by=by)
