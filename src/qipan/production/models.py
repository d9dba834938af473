"""Tables of lines, their states, daily reports, commissioners and tickets."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from qipan.kernel import scope
from qipan.kernel.models import Fact

STATES = ("idle", "resuming", "running", "full", "converting", "expanding")
"""停产 复产 在产 满产 转产 扩产."""
FIRM, COMMISSIONER = "firm", "commissioner"
VOICES = (FIRM, COMMISSIONER)


class Line(Fact):
    """生产线. A maker makes one item at one plant; ``release_days`` is how long it awaits release at the least."""

    web_sees = scope.within("region_code")
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    material = models.ForeignKey("catalogue.Material", on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("organisations.Place", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    region_code = models.CharField(max_length=12)
    release_days = models.IntegerField(default=0)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    source = models.CharField(max_length=200)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "material", "name"], name="line_once"),
            models.CheckConstraint(condition=Q(release_days__gte=0, release_days__lte=60), name="line_release"),
        ]
        indexes = [models.Index(fields=["region_code"])]


class LineState(Fact):
    """产线状态. In what state a line is from an instant on, and how much it can make a day; a later one replaces."""

    web_sees = scope.through("production_line l WHERE l.id = line_id")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="states")
    state = models.CharField(max_length=10)
    capacity_day = models.BigIntegerField()
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    ground = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="line_state"),
            models.CheckConstraint(condition=Q(capacity_day__gte=0), name="line_capacity"),
        ]
        indexes = [models.Index(fields=["line", "at"])]


class DailyReport(Fact):
    """日报. What one voice says of one line and day: output, stock, flow, price, people, raw material. Grains.

    ``closing`` is the stock the reporter states, a count that the books may differ from; ``at`` is when the day it is
    about was over, or the moment of the report while it runs.
    """

    web_sees = scope.within("region_code")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    voice = models.CharField(max_length=12)
    revision = models.IntegerField()
    region_code = models.CharField(max_length=12)
    output = models.BigIntegerField()
    released = models.BigIntegerField(default=0)
    opening = models.BigIntegerField()
    shipped = models.BigIntegerField()
    closing = models.BigIntegerField()
    flows = models.JSONField(default=list)
    price_yuan = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    people = models.IntegerField(null=True)
    raw_days = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    reason = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=300, blank=True)
    flags = models.JSONField(default=list)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    source = models.CharField(max_length=120)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(voice__in=VOICES), name="report_voice"),
            models.CheckConstraint(
                condition=Q(output__gte=0, released__gte=0, opening__gte=0, shipped__gte=0, closing__gte=0),
                name="report_quantities",
            ),
            models.UniqueConstraint(fields=["line", "day", "voice", "revision"], name="report_once"),
        ]
        indexes = [models.Index(fields=["day", "line"])]


class Commission(Fact):
    """驻企特派. Somebody is sent to a maker from an instant on, in a wave; a director or deputy director may lead."""

    web_sees = scope.within("region_code")
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12)
    who = models.CharField(max_length=60)
    team = models.CharField(max_length=60, blank=True)
    wave = models.IntegerField(default=1)
    is_lead = models.BooleanField(default=False)
    authority = models.CharField(max_length=120)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(wave__gte=1, wave__lte=99), name="commission_wave")]
        indexes = [models.Index(fields=["organisation", "at"])]


class CommissionEnd(Fact):
    """派驻结束. From when somebody is at the maker no longer, once."""

    web_sees = scope.through("production_commission c WHERE c.id = commission_id")
    commission = models.OneToOneField(Commission, primary_key=True, on_delete=models.PROTECT, related_name="end")
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    ground = models.CharField(max_length=200, blank=True)


DUTIES = ("allocation", "capacity", "difficulties", "home_market", "quality")
"""统一管理统一调拨, 增强供应能力, 协调解决困难, 出口产能转向国内, 质量监管和安全生产 (MIIT, 2020-01-30)."""


class CommissionLog(Fact):
    """特派员日志. What was done at a maker on a day, under exactly the five duties; a later one of the day replaces."""

    web_sees = scope.within("region_code")
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12)
    day = models.DateField()
    entries = models.JSONField()
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["organisation", "day"])]


HINDRANCES = ("material", "transport", "people", "licence", "other")
"""原辅料, 物流运输, 技工, 生产资质 (MIIT, 2020-01-30), 其他."""
DEPARTMENTS = ("industry", "health", "transport", "police", "commerce", "drug", "market", "labour", "finance", "firm")
"""工信 卫健 交通运输 公安 商务 药监 市场监管 人社 财政 企业自行."""


class Ticket(Fact):
    """瓶颈单. What holds a line back: its kind, whose it is, until when; how it goes on stands in its steps."""

    web_sees = scope.within("region_code")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12)
    kind = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    owner = models.CharField(max_length=10)
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=HINDRANCES), name="ticket_kind"),
            models.CheckConstraint(condition=Q(owner__in=DEPARTMENTS), name="ticket_owner"),
        ]
        indexes = [models.Index(fields=["line", "at"])]


class TicketStep(Fact):
    """办理. A note, a new owner with a new date, or that it is resolved."""

    web_sees = scope.through("production_ticket t WHERE t.id = ticket_id")
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10)
    owner = models.CharField(max_length=10, blank=True)
    due_at = models.DateTimeField(null=True)
    text = models.CharField(max_length=300)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=("note", "moved", "resolved")), name="ticket_step_kind"),
            models.UniqueConstraint(fields=["ticket"], condition=Q(kind="resolved"), name="ticket_resolved_once"),
        ]
        indexes = [models.Index(fields=["ticket", "at"])]
