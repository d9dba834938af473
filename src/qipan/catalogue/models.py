"""Tables of the catalogue."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from django.db import models
from django.db.models import F, Q

from qipan.kernel import scope
from qipan.kernel.models import Fact


class ValidQuerySet(models.QuerySet):
    """Rows with a validity period."""

    def valid_at(self, at: datetime) -> ValidQuerySet:
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at), valid_from__lte=at)


class Category(models.Model):
    """物资类别. A node of the catalogue tree; the four official classes are its roots."""

    web_sees = scope.EVERYBODY
    code = models.CharField(max_length=20, primary_key=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    rank = models.SmallIntegerField(default=0)


class Zone(models.Model):
    """使用区域. A class of place that decides which standards may be used; 0 is the strictest."""

    web_sees = scope.EVERYBODY
    code = models.CharField(max_length=8, primary_key=True)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60)
    strictness = models.SmallIntegerField(unique=True)


class Material(models.Model):
    """物资. One item of the catalogue.

    The ledger counts whole ``grains``: 1 piece, or 1/1000 of a litre, kilogram or metre,
    so that every pack converts to a whole number (checked by the database).
    """

    web_sees = scope.EVERYBODY
    code = models.CharField(max_length=20, unique=True)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    short_zh = models.CharField(max_length=20)
    short_en = models.CharField(max_length=40)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="materials")
    unit_zh = models.CharField(max_length=10)
    unit_en = models.CharField(max_length=20)
    unit_rec20 = models.CharField(max_length=3)
    grains = models.IntegerField()
    report_unit_zh = models.CharField(max_length=10)
    standards = models.CharField(max_length=200, blank=True)
    family = models.CharField(max_length=20)
    protection_level = models.SmallIntegerField(null=True)
    is_durable = models.BooleanField(default=False)
    is_emergency_only = models.BooleanField(default=False)
    shelf_life_days = models.IntegerField()
    release_delay_days = models.IntegerField()
    source = models.CharField(max_length=400)
    notes = models.CharField(max_length=300, blank=True)
    pinyin = models.CharField(max_length=200)
    rank = models.SmallIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(grains__in=(1, 1000)), name="material_grains")]


class Pack(models.Model):
    """包装规格. A pack of one material and how much is in it, exactly."""

    web_sees = scope.EVERYBODY
    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="packs")
    name_zh = models.CharField(max_length=10)
    name_en = models.CharField(max_length=20)
    grains = models.BigIntegerField()
    source = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["material", "name_zh"], name="pack_once"),
            models.CheckConstraint(condition=Q(grains__gt=0), name="pack_holds_something"),
        ]


class Declaration(Fact):
    """应急响应. The legal basis of an emergency: the rules that hang on it begin with it and end with it."""

    web_sees = scope.EVERYBODY
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=160, blank=True)
    document = models.CharField(max_length=120)
    authority = models.CharField(max_length=120)
    valid_from = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()


class DeclarationEnd(Fact):
    """应急响应终止. From when on a declaration no longer holds, on what ground; once."""

    web_sees = scope.EVERYBODY
    declaration = models.OneToOneField(Declaration, primary_key=True, on_delete=models.PROTECT, related_name="end")
    at = models.DateTimeField()
    ground = models.CharField(max_length=200)
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()


class Standard(models.Model):
    """产品标准. A standard a material is made to, with the period it is in force."""

    web_sees = scope.EVERYBODY
    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="standard_rows")
    code = models.CharField(max_length=120)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    objects = ValidQuerySet.as_manager()


class ZonePermission(models.Model):
    """使用许可. A material may be used in a zone, from when to when, by whose authority."""

    web_sees = scope.EVERYBODY
    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="permissions")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    authority = models.CharField(max_length=120)
    declaration = models.ForeignKey(Declaration, null=True, on_delete=models.PROTECT, related_name="+")
    objects = ValidQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["material", "zone", "valid_from"], name="permission_once"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="permission_period"
            ),
        ]


class Substitution(models.Model):
    """替代. In a zone, ``ratio`` units of the substitute serve for one unit of the original."""

    web_sees = scope.EVERYBODY
    original = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="substitutions")
    substitute = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="+")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="+")
    ratio_numerator = models.IntegerField(default=1)
    ratio_denominator = models.IntegerField(default=1)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    authority = models.CharField(max_length=120)
    declaration = models.ForeignKey(Declaration, null=True, on_delete=models.PROTECT, related_name="+")
    objects = ValidQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["original", "substitute", "zone", "valid_from"], name="substitution_once"),
            models.CheckConstraint(
                condition=Q(ratio_numerator__gt=0, ratio_denominator__gt=0), name="substitution_ratio"
            ),
        ]

    @property
    def ratio(self) -> Fraction:
        return Fraction(self.ratio_numerator, self.ratio_denominator)


class CentralControl(models.Model):
    """统一调拨物资. A material is under unified central allocation from an instant on."""

    web_sees = scope.EVERYBODY
    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="+")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    authority = models.CharField(max_length=120)
    declaration = models.ForeignKey(Declaration, null=True, on_delete=models.PROTECT, related_name="+")
    objects = ValidQuerySet.as_manager()


class Classification(models.Model):
    """分类对照. Where a material stands in a scheme beside the four official classes, such as a national one."""

    web_sees = scope.EVERYBODY
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="classifications")
    scheme = models.CharField(max_length=40)
    code = models.CharField(max_length=20)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["material", "scheme"], name="classified_once_per_scheme")]
