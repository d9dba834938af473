"""Tables of the return to work: rules and exemptions, checklists, firms' steps, tallies, permit cases."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from qipan.kernel import scope
from qipan.kernel.models import Fact, Told


class StartRule(Told):
    """复工时间规定. No firm of a class in a division resumes before an instant; a later rule of both replaces."""

    web_sees = scope.EVERYBODY
    region_code = models.CharField(max_length=12)
    list_name = models.CharField(max_length=10, blank=True)  # a list of enterprises; "" is every enterprise
    not_before = models.DateTimeField()
    document = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["region_code", "at"])]


GROUNDS = ("epidemic", "livelihood", "continuous", "other")
"""防控物资生产, 关系国计民生, 连续生产不能中断, 其他."""


class OfFirm(Told):
    """Something told of one enterprise."""

    web_sees = scope.within("region_code")
    organisation = models.ForeignKey("organisations.Organisation", on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["organisation", "at"])]


class Exemption(OfFirm):
    """提前复工申请. A firm asks to resume earlier than the rule says."""

    ground = models.CharField(max_length=10)
    text = models.CharField(max_length=300)
    start_at = models.DateTimeField()

    class Meta(OfFirm.Meta):
        constraints = [models.CheckConstraint(condition=Q(ground__in=GROUNDS), name="exemption_ground")]


class ExemptionDecision(Told):
    """审批. Whether it may, decided once, by somebody else."""

    web_sees = scope.through("resumption_exemption e WHERE e.id = exemption_id")
    exemption = models.OneToOneField(Exemption, primary_key=True, on_delete=models.PROTECT, related_name="decision")
    is_approved = models.BooleanField()
    note = models.CharField(max_length=300, blank=True)


class Checklist(Told):
    """防控措施清单. A version of a guideline's measures; a later one does not change what an earlier one scored."""

    web_sees = scope.EVERYBODY
    code = models.CharField(max_length=40, unique=True)
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=160, blank=True)
    authority = models.CharField(max_length=120)
    source = models.CharField(max_length=300)


class Measure(Fact):
    """措施. One numbered measure of a checklist."""

    web_sees = scope.EVERYBODY
    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="measures")
    number = models.IntegerField()
    chapter_zh = models.CharField(max_length=40)
    chapter_en = models.CharField(max_length=60, blank=True)
    text_zh = models.CharField(max_length=300)
    text_en = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["checklist", "number"], name="measure_once")]


ANSWERS = ("met", "partly", "not_met", "not_applicable")
"""已落实, 部分落实, 未落实, 不适用."""


class Assessment(OfFirm):
    """自查或核查. A firm against a checklist: ``answers`` is {number: [answer, evidence]}; a later one replaces."""

    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="+")
    is_inspection = models.BooleanField()  # by the authority on site, not by the firm itself
    answers = models.JSONField()


class Commitment(OfFirm):
    """承诺书. A firm signs for its duty to prevent infection: who signs, as what, under which text."""

    signer = models.CharField(max_length=60)
    document = models.CharField(max_length=200)


class Phase(OfFirm):
    """复产阶段. Systems of a firm that start together: core ones first, others follow."""

    number = models.IntegerField()
    title = models.CharField(max_length=120)
    is_core = models.BooleanField()
    people = models.IntegerField()
    planned_on = models.DateField()

    class Meta(OfFirm.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number"], name="phase_once"),
            models.CheckConstraint(condition=Q(people__gte=0, number__gte=1), name="phase_numbers"),
        ]


class PhaseStart(Told):
    """投运. A phase has started, once."""

    web_sees = scope.through("resumption_phase p WHERE p.id = phase_id")
    phase = models.OneToOneField(Phase, primary_key=True, on_delete=models.PROTECT, related_name="start")


class Attendance(OfFirm):
    """在岗人数. People on site on a day against the normal number; a later word on the day replaces."""

    day = models.DateField()
    on_site = models.IntegerField()
    normal = models.IntegerField()

    class Meta(OfFirm.Meta):
        constraints = [models.CheckConstraint(condition=Q(on_site__gte=0, normal__gte=1), name="attendance_people")]


class Return(OfFirm):
    """复工. A firm works again from an instant on, or has stopped; ``flags`` say what was missing then."""

    is_working = models.BooleanField()
    flags = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True)


class Tally(Told):
    """复工进度. What a division counts of a class at the end of a day; a later word on the day replaces."""

    web_sees = scope.within("region_code")
    region_code = models.CharField(max_length=12)
    list_name = models.CharField(max_length=10, blank=True)
    day = models.DateField()
    resumed = models.IntegerField()
    enterprises = models.IntegerField(null=True)
    people = models.IntegerField(null=True)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(resumed__gte=0), name="tally_resumed")]
        indexes = [models.Index(fields=["day", "region_code"])]


PERMITS = ("hygiene_temporary", "hygiene", "device", "production", "domestic", "other")
"""临时卫生许可证, 消毒产品卫生许可证, 医疗器械注册, 生产许可证, 出口产能国内资质, 其他."""


class PermitCase(OfFirm):
    """许可事项. An application of a firm on its way through departments; how it goes on stands in its steps."""

    kind = models.CharField(max_length=20)
    material = models.ForeignKey("catalogue.Material", null=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    department = models.CharField(max_length=10)
    due_at = models.DateTimeField()

    class Meta(OfFirm.Meta):
        constraints = [models.CheckConstraint(condition=Q(kind__in=PERMITS), name="permit_kind")]


ENDS = ("granted", "refused", "withdrawn")
STEPS = ("note", "moved", *ENDS)


class PermitStep(Told):
    """办理. A note, the next department with its date, or the end: granted with a number and perhaps until a day."""

    web_sees = scope.through("resumption_permitcase c WHERE c.id = case_id")
    case = models.ForeignKey(PermitCase, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10)
    department = models.CharField(max_length=10, blank=True)
    due_at = models.DateTimeField(null=True)
    number = models.CharField(max_length=60, blank=True)
    valid_to = models.DateField(null=True)
    text = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=STEPS), name="permit_step_kind"),
            models.UniqueConstraint(fields=["case"], condition=Q(kind__in=ENDS), name="permit_ended_once"),
        ]
        indexes = [models.Index(fields=["case", "at"])]
