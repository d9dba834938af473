"""Posts are given by an administrator, lent for a while, and ended; on screen, by API and by command."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from qipan.allocation import operations as allocation
from qipan.allocation.errors import SamePerson
from qipan.kernel import clock, events
from qipan.kernel.access import Actor
from qipan.kernel.errors import NotAllowed, Refused
from qipan.kernel.text import Both
from qipan.organisations import errors, operations, queries
from qipan.organisations.models import Person, Post
from qipan.organisations.operations import Appointment
from tests.cast import START, Cast

NOW = clock.read_instant("2020-02-06T19:00")


def actor(username: str, at: datetime = NOW) -> Actor:
    found = queries.person_by_name(username)
    assert found is not None
    return queries.actor_of(found, at)


@pytest.fixture
def admin(cast: Cast) -> Actor:
    operations.appoint("admin", name=Both("管理员", "Admin"), office="administrator", region="110000", at=START)
    return actor("admin")


@pytest.fixture
def hubei_admin(cast: Cast) -> Actor:
    operations.appoint(
        "hadmin", name=Both("省管", "Provincial"), office="provincial_administrator", region="420000", at=START
    )
    return actor("hadmin")


@pytest.fixture
def li(cast: Cast) -> Person:
    return Person.objects.create_person("li", name_zh="李", name_en="Li")


def give(by: Actor, username: str = "li", office: str = "store_keeper", **more: Any) -> int:
    wanted = Appointment(username, office, more.pop("region", "420000"), more.pop("valid_from", NOW), **more)
    return operations.give_post(wanted, by=by, idem=uuid4())


def test_a_post_is_for_a_class_of_items_and_a_period(cast: Cast, admin: Actor, li: Person) -> None:
    give(admin, item_class="PPE-RESP", valid_to=NOW + timedelta(days=2))
    mask, suit = (cast.items[code] for code in ("MASK-MED-N95", "SUIT-GB"))
    now = actor("li")
    assert now.may("stock.count", region="420000", classes=mask.classes)
    assert not now.may("stock.count", region="420000", classes=suit.classes)
    assert actor("li", NOW + timedelta(days=2)).grants == ()


def test_a_keeper_of_masks_counts_no_suits(cast: Cast, admin: Actor, li: Person) -> None:
    from qipan.stock import operations as stock

    give(admin, item_class="PPE-RESP")
    for item, is_allowed in (("MASK-MED-N95", True), ("SUIT-GB", False)):
        asked: dict[str, Any] = {
            "item": cast.items[item].id, "counted": 5, "reason": "x", "by": actor("li"), "idem": uuid4(), "at": NOW,
        }  # fmt: skip
        if is_allowed:
            assert stock.count_stock(cast.accounts["reserve"], **asked) == 5
        else:
            with pytest.raises(NotAllowed):
                stock.count_stock(cast.accounts["reserve"], **asked)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"office": "emperor"}, errors.OfficeUnknown),
        ({"region": "999999"}, errors.RegionUnknown),
        ({"unit": 10**9}, errors.OrganisationUnknown),
        ({"item_class": "NOTHING"}, errors.ClassUnknown),
        ({"valid_to": NOW - timedelta(days=1)}, errors.PeriodBackwards),
        ({"username": "nobody"}, errors.PersonUnknown),
        ({"username": "admin"}, errors.OwnPost),
    ],
)
def test_refuses(admin: Actor, li: Person, changed: dict[str, Any], refusal: type[Refused]) -> None:
    before = Post.objects.count()
    with pytest.raises(refusal):
        give(admin, **changed)
    assert Post.objects.count() == before


def test_a_province_appoints_inside_itself_and_nobody_at_the_centre(hubei_admin: Actor, li: Person, cast: Cast) -> None:
    give(hubei_admin, office="provincial_officer", region="420100")
    give(hubei_admin, office="receiver", unit=cast.units["xiaogan"])
    for office, region in (("provincial_officer", "610000"), ("duty_officer", "420000"), ("approver", "420000")):
        with pytest.raises(NotAllowed):
            give(hubei_admin, office=office, region=region)


def test_only_an_administrator_gives_posts(cast: Cast, li: Person) -> None:
    for by in (cast.duty, cast.approver, cast.auditor, cast.receiver):
        with pytest.raises(NotAllowed):
            give(by)


def test_the_same_key_gives_one_post(admin: Actor, li: Person) -> None:
    key, wanted = uuid4(), Appointment("li", "driver", "420000", NOW)
    assert operations.give_post(wanted, by=admin, idem=key) == operations.give_post(wanted, by=admin, idem=key)
    assert Post.objects.filter(person=li).count() == 1


class TestStandIn:
    @pytest.fixture
    def held(self, cast: Cast) -> Post:
        return Post.objects.get(person__username="approver")

    def lend(self, post: Post, by: Actor, **more: Any) -> int:
        asked = {"username": "li", "valid_from": NOW, "valid_to": NOW + timedelta(days=3), "idem": uuid4(), **more}
        return operations.let_stand_in(post.id, by=by, **asked)

    def test_the_holder_lets_somebody_stand_in_for_a_while(self, cast: Cast, held: Post, li: Person) -> None:
        self.lend(held, cast.approver)
        assert actor("li").may("allocation.approve")
        assert not actor("li", NOW + timedelta(days=3)).may("allocation.approve")
        assert actor("approver").may("allocation.approve")

    def test_it_ends_with_the_post(self, cast: Cast, admin: Actor, held: Post, li: Person) -> None:
        self.lend(held, cast.approver)
        operations.end_post(held.id, by=admin, at=NOW, idem=uuid4())
        assert not actor("li", NOW + timedelta(seconds=1)).may("allocation.approve")

    def test_the_holder_takes_it_back(self, cast: Cast, held: Post, li: Person) -> None:
        lent = self.lend(held, cast.approver)
        operations.end_post(lent, by=cast.approver, at=NOW, idem=uuid4())
        assert not actor("li", NOW + timedelta(seconds=1)).may("allocation.approve")
        with pytest.raises(errors.PostEnded):
            operations.end_post(lent, by=cast.approver, at=NOW + timedelta(hours=1), idem=uuid4())

    def test_is_not_passed_on(self, cast: Cast, held: Post, li: Person) -> None:
        lent = Post.objects.get(id=self.lend(held, cast.approver))
        with pytest.raises(errors.StandInOfStandIn):
            self.lend(lent, actor("li"), username="duty")

    def test_lasts_a_month_at_most_and_is_of_ones_own_post(self, cast: Cast, held: Post, li: Person) -> None:
        with pytest.raises(errors.StandInTooLong):
            self.lend(held, cast.approver, valid_to=NOW + timedelta(days=32))
        with pytest.raises(NotAllowed):
            self.lend(held, cast.duty)
        with pytest.raises(errors.OwnPost):
            self.lend(held, cast.approver, username="approver")

    def test_who_appoints_stands_in_for_nobody_by_own_hand(self, admin: Actor, held: Post) -> None:
        """Else an administrator could take every post for a month."""
        with pytest.raises(errors.OwnPost):
            self.lend(held, admin, username="admin")

    def test_a_stand_in_does_not_approve_what_the_holder_planned(self, cast: Cast, admin: Actor, li: Person) -> None:
        """Who holds both posts lends the second to a friend: it is still one person's word."""
        give(admin, username="duty", office="approver", region="110000")
        second = Post.objects.get(person__username="duty", office="approver")
        self.lend(second, actor("duty"))
        cast.put("plant_a", "SUIT-GB", 100)
        cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
        number = cast.plan("SUIT-GB")
        assert actor("li").may("allocation.approve")
        for by in (actor("duty"), actor("li")):
            with pytest.raises(SamePerson):
                allocation.approve_batch(number, by=by, at=NOW, idem=uuid4())
        allocation.approve_batch(number, by=cast.approver, at=NOW, idem=uuid4())


def test_the_screen_gives_lends_and_ends(admin: Actor, li: Person, client_of: Callable[..., Any]) -> None:
    client = client_of("admin")
    form = {
        "username": "li",
        "office": "driver",
        "region": "420100",
        "valid_from": "2020-02-06T19:00",
        "ground": "night",
    }
    assert client.post("/people", form | {"idem": str(uuid4())}).status_code == 302
    page = client.get("/people?office=driver").content.decode()
    assert "li" in page and "Driver" in page
    post = Post.objects.get(person=li)
    lend = {
        "act": "stand_in", "post": post.id, "username": "keeper", "valid_from": "2020-02-06T19:00",
        "valid_to": "2020-02-08T24:00",
    }  # fmt: skip
    assert client.post(f"/people/{li.id}", lend).status_code == 302
    page = client.get(f"/people/{li.id}").content.decode()
    assert "post given" in page and "stand-in named" in page and "night" in page
    assert client.post(f"/people/{li.id}", {"act": "end", "post": post.id, "ground": "ill"}).status_code == 302
    assert "post ended" in client.get(f"/people/{li.id}").content.decode()
    assert client.post("/people", form | {"office": "emperor"}).status_code == 422
    assert client_of("duty").post("/people", form).status_code == 403
    assert client_of("receiver").get(f"/people/{li.id}").status_code == 404


def test_the_api_gives_lends_and_ends(admin: Actor, li: Person, client_of: Callable[..., Any]) -> None:
    client = client_of("admin")

    def send(path: str, body: dict[str, Any]) -> Any:
        return client.post(
            f"/api/v1{path}", json.dumps(body), content_type="application/json",
            headers={"idempotency-key": str(uuid4())},
        )  # fmt: skip

    made = send("/posts", {"username": "li", "office": "approver", "region": "110000"})
    assert made.status_code == 201
    post = made.json()["post"]
    row = next(r for r in client.get("/api/v1/posts?text=li").json() if r["id"] == post)
    assert (row["office"], row["stands_in_for"]) == ("approver", None) and "allocation.approve" in row["actions"]
    lent = send(
        f"/posts/{post}/stand-in",
        {"username": "keeper", "valid_from": "2020-02-06T19:00", "valid_to": "2020-02-07T24:00"},
    )
    assert lent.status_code == 201
    assert send(f"/posts/{post}/end", {"ground": "x"}).status_code == 200
    with clock.held_at(NOW + timedelta(hours=1)):
        assert send(f"/posts/{post}/end", {"ground": "y"}).json()["code"] == "post_ended"
    assert send("/posts/999999/end", {}).json()["code"] == "post_unknown"


def test_a_forgotten_password_is_renewed_and_ends_the_sessions(cast: Cast, admin: Actor) -> None:
    """The second steps of the person stay: who renews a password cannot approve by it."""
    client = Client()
    client.force_login(cast.person("duty"))
    assert client.get("/").status_code == 200
    assert operations.renew_password("duty", "words that nobody says", by=admin)
    assert client.get("/")["Location"].startswith("/sign-in")
    assert cast.person("duty").check_password("words that nobody says")
    event = events.trail(f"person/{cast.duty.id}")[-1]
    assert (event.key, event.actor_name) == ("organisations.password_renewed", admin.name)
    assert not operations.renew_password("nobody", "words that nobody says", by=admin)


def test_only_an_administrator_renews_a_password(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        operations.renew_password("approver", "words that nobody says", by=cast.duty)
