"""What a person may do is the union of the posts valid at that instant."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from qipan.kernel import clock
from qipan.kernel.access import Actor, Grant
from qipan.kernel.errors import NotAllowed
from qipan.kernel.text import Both
from qipan.organisations import offices, operations
from qipan.organisations import queries as organisations
from qipan.organisations.models import Person, Post
from qipan.organisations.operations import Registration

START, END = clock.read_instant("2020-01-23T00:00"), clock.read_instant("2020-02-06T00:00")
CENTRE = Actor(0, "set-up", grants=(Grant(frozenset({"organisations.register"})),))


@pytest.fixture
def hospital(db: None) -> int:
    row = Registration("h", "hospital", Both("医院", "Hospital"), "420106", "test")
    return operations.register([row], by=CENTRE, at=START)["h"]


@pytest.fixture
def li(db: None) -> Person:
    """Li, without a post."""
    return Person.objects.create_person("li", name_zh="李", name_en="Li")


def _post(person: Person, office: str, *, region: str = "420000", unit: int | None = None,
          start: datetime = START, end: datetime | None = None) -> None:  # fmt: skip
    Post.objects.create(
        person=person, office=office, region_id=region, organisation_id=unit, valid_from=start, valid_to=end
    )


def _actor(person: Person, at: datetime | None = None) -> Actor:
    row = Person.objects.prefetch_related("posts__organisation").get(id=person.id)
    return organisations.actor_of(row, at or clock.now())


def test_somebody_without_a_post_may_do_nothing_and_reads_nothing(li: Person) -> None:
    actor = _actor(li)
    assert (actor.id, actor.name, actor.grants) == (li.id, "李", ())
    assert not actor.reads("") and not actor.reads("420000")
    with pytest.raises(NotAllowed):
        actor.require("read")


def test_an_action_of_one_post_is_not_allowed_at_the_place_of_another(li: Person, hospital: int) -> None:
    _post(li, "provincial_officer", region="610000")
    _post(li, "receiver", region="420106", unit=hospital)
    actor = _actor(li)
    assert actor.may("demand.approve", region="610100") and not actor.may("demand.approve", region="420106")
    assert actor.may("transport.receive", unit=hospital) and not actor.may("transport.receive", region="610100")
    assert actor.may("demand.approve") and actor.may("transport.receive")


def test_a_post_at_a_unit_is_for_the_unit_and_reads_its_division(li: Person, hospital: int) -> None:
    _post(li, "receiver", region="110000", unit=hospital)
    actor = _actor(li)
    assert actor.may("transport.receive", unit=hospital)
    assert not actor.may("transport.receive", unit=hospital + 1)
    assert not actor.may("transport.receive", region="420106")
    assert actor.home == "420106"
    assert actor.reads("420106") and not actor.reads("420100") and not actor.reads("110000")


def test_even_an_office_of_the_centre_is_for_its_unit_alone_when_it_is_held_there(li: Person, hospital: int) -> None:
    _post(li, "store_keeper", unit=hospital)
    actor = _actor(li)
    assert not actor.may("stock.count", region="420106") and actor.may("stock.count", unit=hospital)
    assert not actor.reads("")


@pytest.mark.parametrize("office", sorted(offices.CENTRAL))
def test_an_office_of_the_centre_answers_for_the_nation(li: Person, office: str) -> None:
    _post(li, office, region="420100")
    actor = _actor(li)
    assert actor.is_central and actor.reads("") and actor.home == ""
    assert [g.region for g in actor.grants] == [organisations.NATION]


@pytest.mark.parametrize(
    ("at", "is_valid"),
    [
        (START - timedelta(microseconds=1), False),
        (START, True),
        (END - timedelta(microseconds=1), True),
        (END, False),
        (END + timedelta(days=1), False),
    ],
)
def test_a_post_counts_from_its_first_instant_and_no_longer_at_its_last(
    li: Person, at: datetime, is_valid: bool
) -> None:
    _post(li, "approver", end=END)
    actor = _actor(li, at)
    assert actor.may("allocation.approve") is is_valid
    assert actor.reads("") is is_valid


def test_an_expired_post_gives_nothing_beside_a_valid_one(li: Person, hospital: int) -> None:
    _post(li, "approver", end=END)
    _post(li, "receiver", unit=hospital)
    actor = _actor(li)
    assert [g.actions for g in actor.grants] == [offices.actions_of("receiver")]
    assert not actor.is_central


def test_an_office_that_does_not_exist_gives_nothing(li: Person) -> None:
    _post(li, "emperor")
    assert not _actor(li).may("read")


def test_refuses_to_appoint_to_an_office_that_does_not_exist(db: None) -> None:
    with pytest.raises(ValueError, match="emperor"):
        operations.appoint("li", name=Both("李", "Li"), office="emperor", region="420000", at=START)
    assert organisations.person_by_name("li") is None


def test_appointing_twice_is_one_post(db: None) -> None:
    for _twice in range(2):
        operations.appoint("li", name=Both("李", "Li"), office="driver", region="420000", at=START)
    assert Post.objects.count() == 1


def test_somebody_whose_post_expired_can_be_appointed_again(li: Person) -> None:
    _post(li, "driver", end=END)
    operations.appoint("li", name=Both("李", "Li"), office="driver", region="420000", at=clock.now())
    assert _actor(li).may("transport.arrive")
    assert not _actor(li, END).may("transport.arrive")


def test_somebody_without_a_password_cannot_sign_in(li: Person) -> None:
    assert not li.has_usable_password()
    assert not li.check_password("")


def test_somebody_barred_is_no_longer_found(li: Person) -> None:
    assert organisations.active_person(li.id) is not None
    assert operations.disable("li") is True
    assert organisations.active_person(li.id) is None
    assert operations.disable("nobody") is False


def test_two_persons_are_needed_to_plan_and_to_issue() -> None:
    """No single office may both plan a batch and approve it."""
    for office in offices.OFFICES:
        assert not {"allocation.plan", "allocation.approve"} <= offices.actions_of(office)
