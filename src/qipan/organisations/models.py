"""Tables of regions, organisations, places and people."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from qipan.kernel import scope
from qipan.kernel.models import Fact


class Region(models.Model):
    """行政区划. A division with its GB/T 2260 code, as of the 2023 revision."""

    web_sees = scope.EVERYBODY
    code = models.CharField(max_length=12, primary_key=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    level = models.CharField(max_length=20)
    parent_code = models.CharField(max_length=12, db_index=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    population = models.BigIntegerField(null=True)
    population_source = models.CharField(max_length=60, blank=True)
    pinyin = models.CharField(max_length=200)


class Organisation(models.Model):
    """单位. A hospital, another unit, an enterprise, a custodian, a carrier or an authority."""

    web_sees = scope.EVERYBODY
    KINDS = (
        "hospital", "transport", "justice", "school", "airline", "railway", "community", "mobile_team",
        "enterprise", "custodian", "carrier", "authority",
    )  # fmt: skip
    kind = models.CharField(max_length=12)
    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    district = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    credit_code = models.CharField(max_length=18, blank=True)
    pinyin = models.CharField(max_length=200)
    initials = models.CharField(max_length=100)
    source = models.CharField(max_length=200)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=(
                        "hospital", "transport", "justice", "school", "airline", "railway", "community",
                        "mobile_team", "enterprise", "custodian", "carrier", "authority",
                    )
                ),
                name="organisation_kind",
            )
        ]  # fmt: skip


SOURCE_KINDS = ("plant", "reserve", "import", "donation", "ministry")
"""Kinds of store that goods are shared out from: production, reserve, port of entry, donations, the ministries'."""
PLACE_KINDS = (*SOURCE_KINDS, "unit")


class Place(models.Model):
    """地点. A store that goods are shared out from, or a delivery point; its holder keeps, its owner owns."""

    web_sees = scope.EVERYBODY
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=12)
    holder = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="places")
    owner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    address = models.CharField(max_length=300, blank=True)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=PLACE_KINDS), name="place_kind")]


class KeyUnit(models.Model):
    """重点保障单位. A unit on a named key list, from one day to another."""

    web_sees = scope.EVERYBODY
    list_name = models.CharField(max_length=80)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    authority = models.CharField(max_length=120)
    is_simulated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list_name", "organisation", "valid_from"], name="key_unit_once")
        ]


LISTS = ("key", "dispatch", "above_size", "epidemic", "livelihood")
"""重点企业, 调度范围, 规模以上工业企业, 防控物资生产企业, 关系国计民生的企业."""


class Listing(Fact):
    """名单. From an instant on an enterprise is on a list, or is no longer; a later one replaces."""

    web_sees = scope.within("region_code")
    list_name = models.CharField(max_length=10)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    region_code = models.CharField(max_length=12)
    is_member = models.BooleanField()
    authority = models.CharField(max_length=120)
    at = models.DateTimeField()
    known_at = models.DateTimeField()
    actor_id = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(list_name__in=LISTS), name="listing_list")]
        indexes = [models.Index(fields=["organisation", "list_name", "at"])]


class People(BaseUserManager["Person"]):
    """Makes persons; a person without a usable password cannot sign in."""

    def create_person(self, username: str, *, password: str | None = None, **fields: object) -> Person:
        person = self.model(username=username, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """人员. Somebody who can sign in; what they may do comes from their posts."""

    web_sees = scope.EVERYBODY
    username = models.CharField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    is_active = models.BooleanField(default=True)
    is_simulated = models.BooleanField(default=False)
    USERNAME_FIELD = "username"
    objects = People()


class Post(models.Model):
    """岗位. An office a person holds: where, for what, from when to when. A stand-in (代班) says whose post it is.

    Only the end is ever changed, and the trail says by whom.
    """

    web_sees = scope.EVERYBODY
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="posts")
    office = models.CharField(max_length=30)
    tenant = models.IntegerField(default=100000)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    item_class = models.CharField(max_length=20, blank=True)  # a category of the catalogue; "" is every item
    stands_in_for = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="stand_ins")
    ground = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")), name="post_lasts"
            ),
            models.CheckConstraint(
                condition=Q(stands_in_for__isnull=True) | Q(valid_to__isnull=False), name="stand_in_ends"
            ),
        ]


class Token(models.Model):
    """访问令牌. Lets a program act as a person, for some actions and for a time; the secret itself is not kept."""

    web_sees = scope.EVERYBODY
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    actions = models.JSONField(default=list)  # [] is everything the person may do
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)


class Webhook(models.Model):
    """推送地址. Tells another system what happens in the divisions its person reads; the secret is closed."""

    web_sees = scope.EVERYBODY
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=300)
    kinds = models.JSONField(default=list)  # beginnings of event keys, such as "transport."; [] is every kind
    closed_secret = models.TextField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    last_leaf = models.BigIntegerField()  # told up to here, in the order of sealing
    failures = models.IntegerField(default=0)
    next_try = models.DateTimeField()
    last_status = models.IntegerField(null=True)
