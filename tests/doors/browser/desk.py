"""What lies on the desk of the reading tests: a second batch of the case, with loads at every step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from qipan.allocation import operations as allocation
from qipan.allocation import queries as allocation_reads
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.figures import Cut
from qipan.kernel.text import Both
from qipan.organisations import queries as organisations
from qipan.organisations.models import Organisation, Person
from qipan.production.models import Line, Ticket
from qipan.resumption import operations as resumption
from qipan.resumption.operations import ChecklistText, PermitText, PhaseText, TallyText
from qipan.stock.models import Account, Movement
from qipan.transport import operations as transport
from qipan.transport import queries as transport_reads

HOSPITAL = "金银潭"
ITEMS = ("SUIT-GB", "MASK-MED-N95", "GOG")
STEPS = ("arrived", "on_road", "loaded")


@dataclass(frozen=True)
class Desk:
    """Numbers and ids that addresses need."""

    hospital: int
    silent_unit: int
    planned: int
    issued: int
    loads: dict[str, str]
    store: int
    road: int
    outside: int
    movement: int
    person: int
    key: int
    line: int
    maker: int
    ticket: int
    permit: int


def furnish() -> Desk:
    """Plan, issue and load a second batch, and plan a third; the loads stop at different steps."""
    duty, approver = _actor("duty"), _actor("approver")
    issued = _plan(duty, "second")
    allocation.approve_batch(issued, by=approver, at=clock.now(), idem=_key("approve"))
    allocation.issue_batch(issued, by=approver, at=clock.now(), idem=_key("issue"))
    hospital = Organisation.objects.get(name_zh__contains=HOSPITAL).id
    groups = _groups(issued, first_to=hospital)
    loads = {state: _load(state, lines) for state, lines in zip(STEPS, groups, strict=False)}
    for state in ("short", "received"):
        loads[state] = transport_reads.loads(Cut(clock.now()), state=state, limit=1)[0][0].number
    store = Account.objects.get(code="plant/320500").id
    key = _second_steps()
    return Desk(
        hospital=hospital,
        silent_unit=Organisation.objects.get(code="railway-wh").id,
        planned=_plan(duty, "third"),
        issued=issued,
        loads=loads,
        store=store,
        road=Account.objects.get(code=f"road/{loads['on_road']}").id,
        outside=Account.objects.get(code="outside/output").id,
        movement=Movement.objects.filter(dst=store, kind="output").latest("id").id,
        person=_actor("hubei").id,
        key=key,
        line=Line.objects.get(region_code="320500", material__code="SUIT-GB").id,
        maker=Organisation.objects.get(code="plant-320500").id,
        ticket=Ticket.objects.get(kind="material").id,
        permit=_return_to_work(duty),
    )


def _return_to_work(duty: Actor) -> int:
    """A rule, counts of a week, a firm half-way back, a request that waits and a permit: the permit's number."""
    now = clock.now()
    maker = Organisation.objects.get(code="plant-320500").id
    not_before = now + timedelta(days=3)
    resumption.set_start_rule(
        "320000", list_name="", not_before=not_before, document="通知", by=duty, at=now, idem=_key("rule")
    )
    today = clock.day_of(now)
    said = [
        TallyText(region, today - timedelta(days=n), 900 - 60 * n, 2_000, None, "above_size", "工信局")
        for region in ("320500", "320100")
        for n in range(7)
    ]
    resumption.tell_tallies(said, by=duty, idem=_key("tallies"))
    text = ChecklistText("guide-1", Both("导则", "Guide"), "x", "x", resumption.measures_of_shanxi())
    resumption.write_checklist(text, by=duty, at=now, idem=_key("checklist"))
    answers = dict.fromkeys(range(1, 30), ("met", ""))
    resumption.assess(maker, checklist="", answers=answers, is_inspection=False, by=duty, at=now, idem=_key("assess"))
    wanted = PhaseText(maker, 1, "灌装", True, 40, today)
    resumption.plan_phase(wanted, by=duty, at=now, idem=_key("phase"))
    resumption.count_people(maker, day=today, on_site=40, normal=120, by=duty, idem=_key("people"))
    resumption.ask_exemption(
        maker, ground="epidemic", text="防护服", start_at=now, by=_actor("maker"), at=now, idem=_key("ask")
    )
    asked = PermitText(maker, "hygiene_temporary", "84消毒液许可（测试）", "market", now + timedelta(days=1))
    return resumption.apply_for_permit(asked, by=duty, at=now, idem=_key("permit"))


def _second_steps() -> int:
    """The auditor has an authenticator app with codes, the spokesperson a security key: its id."""
    audit, press = (Person.objects.get(username=name) for name in ("audit", "press"))
    TOTP.activate(audit, generate_totp_secret())
    RecoveryCodes.activate(audit)
    told = {"name": "1", "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}}
    return int(Authenticator.objects.create(user=press, type="webauthn", data=told).pk)


def _actor(username: str) -> Actor:
    person = organisations.person_by_name(username)
    assert person is not None
    return organisations.actor_of(person, clock.now())


def _key(*words: object) -> UUID:
    return uuid5(NAMESPACE_URL, "qipan:desk:" + "/".join(map(str, words)))


def _plan(duty: Actor, word: str) -> int:
    return allocation.plan_batch(
        by=duty, idem=_key("plan", word), at=clock.now(), policy="worst-hit-first", items=list(ITEMS), place="420000",
        deadline=clock.now() + timedelta(days=2), title=Both("防护物资", "Protective goods"),
    )  # fmt: skip


def _groups(number: int, *, first_to: int) -> list[list[int]]:
    """Line ids by store and receiver, those of the hospital first."""
    own = set(organisations.places(unit=first_to))
    found: dict[tuple[int, int], list[int]] = {}
    for line in allocation_reads.lines_to_load(number):
        found.setdefault((line.source_place, line.consignee_place), []).append(line.id)
    return [found[key] for key in sorted(found, key=lambda key: (key[1] not in own, key))]


def _load(state: str, lines: list[int]) -> str:
    keeper, driver = _actor("keeper"), _actor("driver")
    number = transport.load_batch_lines(
        lines, by=keeper, idem=_key(state), at=clock.now(), vehicle=transport.Vehicle("鄂A·00001", "驾驶员（演示）"),
        planned_arrival=clock.now() + timedelta(hours=9),
    )  # fmt: skip
    if state in ("on_road", "arrived"):
        transport.depart(number, by=keeper, at=clock.now(), idem=_key(state, "depart"))
    if state == "arrived":
        transport.report_arrival(number, by=driver, at=clock.now(), idem=_key(state, "arrive"))
    return number
