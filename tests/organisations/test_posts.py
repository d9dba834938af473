"""What a person may do is the union of the posts valid at that instant."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed
from qipan.kernel.text import Both
from qipan.organisations import offices, operations
from qipan.organisations import queries as organisations
from qipan.organisations.models import Person, Post
from qipan.organisations.operations import Registration

START, END = clock.read_instant("2020-01-23T00:00"), clock.read_instant("2020-02-06T00:00")
CENTRE = Actor(0, "set-up", actions=frozenset({"organisations.register"}))


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
    return organisations.actor_of(Person.objects.prefetch_related("posts").get(id=person.id), at or clock.now())


def test_somebody_without_a_post_may_do_nothing(li: Person) -> None:
    actor = _actor(li)
    assert (actor.id, actor.name) == (li.id, "李")
    assert (actor.actions, actor.regions, actor.organisations) == (frozenset(), frozenset(), frozenset())
    with pytest.raises(NotAllowed):
        actor.require("read")


def test_several_posts_are_the_union_of_their_actions(li: Person, hospital: int) -> None:
    _post(li, "provincial_officer")
    _post(li, "receiver", region="420106", unit=hospital)
    actor = _actor(li)
    assert actor.actions == offices.actions_of("provincial_officer") | offices.actions_of("receiver")
    assert (actor.regions, actor.organisations) == (frozenset({"420000"}), frozenset({hospital}))


def test_a_post_at_a_unit_gives_the_unit_and_no_region(li: Person, hospital: int) -> None:
    _post(li, "receiver", region="420106", unit=hospital)
    actor = _actor(li)
    assert actor.may("transport.receive")
    assert (actor.regions, actor.organisations) == (frozenset(), frozenset({hospital}))


def test_even_an_office_of_the_centre_gives_no_region_when_it_is_held_at_a_unit(li: Person, hospital: int) -> None:
    _post(li, "store_keeper", unit=hospital)
    assert _actor(li).regions == frozenset()


@pytest.mark.parametrize("office", sorted(offices.CENTRAL))
def test_an_office_of_the_centre_answers_for_the_nation(li: Person, office: str) -> None:
    _post(li, office, region="420100")
    assert _actor(li).regions == frozenset({organisations.NATION})


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
    assert actor.regions == (frozenset({organisations.NATION}) if is_valid else frozenset())


def test_an_expired_post_gives_nothing_beside_a_valid_one(li: Person, hospital: int) -> None:
    _post(li, "approver", end=END)
    _post(li, "receiver", unit=hospital)
    actor = _actor(li)
    assert actor.actions == offices.actions_of("receiver")
    assert actor.regions == frozenset()


def test_an_office_that_does_not_exist_gives_nothing(li: Person) -> None:
    _post(li, "emperor")
    assert _actor(li).actions == frozenset()


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
