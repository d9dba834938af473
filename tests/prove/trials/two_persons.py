"""P18: two persons for what is irreversible. One person tries alone, under every guise and through every door."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

from django.test import Client

from qipan.allocation import access as allocation_access
from qipan.allocation import operations as allocation
from qipan.allocation.models import BatchStep
from qipan.kernel import access as kernel_access
from qipan.kernel import clock
from qipan.kernel.access import Actor
from qipan.kernel.errors import Refused
from qipan.kernel.text import Both
from qipan.organisations import operations as organisations
from qipan.organisations import queries as organisation_reads
from qipan.organisations.models import Person, Post
from qipan.stock import access as stock_access
from qipan.stock import operations as stock
from qipan.stock import queries as stock_reads
from qipan.stock.models import CorrectionEnd, Movement
from tests.cast import START, Cast
from tests.prove.people import LOCAL, client_of, provinces
from tests.prove.trial import Effort, Outcome, Trial
from tests.prove.world import World, token_of

CODES = ("same_person", "same_hand", "own_post")
OFFICES = ("duty_officer", "approver", "store_keeper", "administrator")
Guard = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Act:
    """Something irreversible: by page (address, form), by API (address, body), by operation."""

    name: str
    page: str
    form: dict[str, str]
    api: str
    body: dict[str, str]
    do: Callable[[Actor], object]


def attack(effort: Effort, guard: Guard = nullcontext) -> Outcome:
    """A person who planned, counted and proposed tries to do the second step too; over at the first that is done."""
    dice, bad, tried = random.Random(effort.seed), [], 0
    with provinces(effort) as (world, _there):
        acts = prepare(world.cast)
        ways = [(act, who, door) for act in acts for who, door in doors(world)]
        rounds = max(effort.times(1_500), len(ways))
        counted = irreversible()
        with guard():
            for tried in range(1, rounds + 1):
                act, who, door = ways[tried - 1] if tried <= len(ways) else dice.choice(ways)
                wrong = door(act, dice)
                if wrong or irreversible() != counted:
                    bad.append(f"{act.name} by {who}: {wrong or 'something was booked'}")
                    break
        if not bad:
            bad += [f"control: {act.name}: {said}" for act in reversed(acts) if (said := by_another(world, act))]
    return Outcome(tried, bad, f"{len(acts)} acts in {len(ways)} ways")


def prepare(cast: Cast) -> list[Act]:
    """One person with every post plans two batches, counts too little, proposes a reversal; a ghost stands in."""
    for office in OFFICES:
        organisations.appoint("all", name=Both("一人", "One"), office=office, region="420100", at=START)
    organisations.appoint("ghost", name=Both("替身", "Ghost"), office="driver", region="420100", at=START)
    organisations.appoint("chief", name=Both("任命", "Chief"), office="administrator", region="420100", at=START)
    one = actor("all")
    now = clock.now()
    for post in Post.objects.filter(person__username="all"):
        organisations.let_stand_in(
            post.id, username="ghost", valid_from=now - timedelta(days=1), valid_to=now + timedelta(days=29), by=one,
            idem=uuid4(),
        )  # fmt: skip
    mine = replace(cast, duty=one, keeper=one)
    cast.put("plant_a", "SUIT-GB", 500)
    cast.put("reserve", "SUIT-GB", 60)
    cast.approve("wuhan_a", "SUIT-GB", "ICU", 100)
    planned, approved = mine.plan("SUIT-GB", place="420000"), mine.plan("SUIT-GB", place="420000")
    allocation.approve_batch(approved, by=cast.approver, at=now, idem=uuid4())
    cast.put("plant_b", "SUIT-GB", 7)
    cast.put("plant_b", "SUIT-GB", 9)
    item, plant = cast.items["SUIT-GB"].id, cast.accounts["plant_b"]
    stock.count_stock(plant, item=item, counted=14, reason="torn", by=one, idem=uuid4(), at=now)
    opening = Movement.objects.filter(dst_id=plant).latest("id").id
    back = stock.propose_reversal(opening, reason="typed twice", by=one, idem=uuid4(), at=now)
    waiting = stock_reads.corrections()[0]
    write_off = next(row.id for row in waiting if row.kind == "write_off" and row.account.id == plant)
    numbers = (write_off, back)
    return [batch_act("approve", planned), batch_act("issue", approved), *map(correction_act, numbers)]


def batch_act(name: str, number: int) -> Act:
    verb = {"approve": allocation.approve_batch, "issue": allocation.issue_batch}[name]
    return Act(
        f"{name} batch", f"/batches/{number}/step", {"act": name, "note": "x"}, f"/api/v1/batches/{number}/{name}",
        {"note": "x"}, lambda by: verb(number, by=by, at=clock.now(), idem=uuid4(), note="x"),
    )  # fmt: skip


def correction_act(number: int) -> Act:
    form = {"act": "confirm", "correction": str(number), "note": "x"}
    return Act(
        f"confirm correction {number}", "/stock/corrections", form,
        f"/api/v1/stock/corrections/{number}/confirm", {"note": "x"},
        lambda by: stock.confirm_correction(number, by=by, idem=uuid4(), at=clock.now(), note="x"),
    )  # fmt: skip


Door = Callable[[Act, random.Random], str]


def doors(world: World) -> list[tuple[str, Door]]:
    """Every guise of the one person, and every door it goes through."""
    found: list[tuple[str, Door]] = []
    for who in ("all", "ghost"):
        client, bare = client_of(world, who), Client(SERVER_NAME=LOCAL)
        bare.raise_request_exception = False
        wide, narrow = token_of(who), narrow_token(who)
        found += [
            (f"{who}, page", lambda act, dice, c=client: by_page(c, act, dice)),
            (f"{who}, API", lambda act, dice, c=client: by_api(c, act, dice)),
            (f"{who}, token", lambda act, dice, c=bare, t=wide: by_api(c, act, dice, t)),
            (f"{who}, token for this alone", lambda act, dice, c=bare, t=narrow: by_api(c, act, dice, t)),
            (f"{who}, operation", lambda act, dice, n=who: by_operation(act, actor(n))),
            (f"{who}, another name", lambda act, dice, n=who: by_operation(act, replace(actor(n), name="x"))),
            (f"{who}, one post of several", lambda act, dice, n=who: by_operation(act, one_post(actor(n), act))),
        ]
    return found


def one_post(by: Actor, act: Act) -> Actor:
    """The same person in the post that includes this act, as if there were no other."""
    wanted = "stock.confirm" if "correction" in act.name else f"allocation.{act.name.split()[0]}"
    return replace(by, grants=tuple(grant for grant in by.grants if wanted in grant.actions)[:1])


def narrow_token(person: str) -> str:
    """A token that may do the second step and nothing else."""
    actions = ("allocation.approve", "allocation.issue", "stock.confirm")
    return organisations.make_token(by=actor(person), name="narrow", days=1, idem=uuid4(), actions=actions).secret


def actor(person: str) -> Actor:
    row = Person.objects.get(username=person)
    organisation_reads.fetch_posts(row)
    return organisation_reads.actor_of(row, clock.now())


def by_page(client: Client, act: Act, dice: random.Random) -> str:
    answer = client.post(act.page, {**act.form, "idem": str(UUID(int=dice.getrandbits(128)))})
    return "" if answer.status_code in (403, 409) else f"the page answered {answer.status_code}"


def by_api(client: Client, act: Act, dice: random.Random, token: str = "") -> str:
    head = {"idempotency-key": str(UUID(int=dice.getrandbits(128)))}
    if token:
        head["authorization"] = f"Bearer {token}"
    answer: Any = client.post(act.api, json.dumps(act.body), content_type="application/json", headers=head)
    code = json.loads(answer.content).get("code")
    return "" if answer.status_code >= 400 and code in CODES else f"the API answered {answer.status_code} {code}"


def by_operation(act: Act, by: Actor) -> str:
    try:
        act.do(by)
    except Refused as refusal:
        return "" if refusal.code in CODES else f"refused as {refusal.code}"
    return "done"


def by_another(world: World, act: Act) -> str:
    """What keeps a real second person from it; "" if nothing does."""
    before = irreversible()
    answer = client_of(world, "approver").post(act.page, {**act.form, "idem": str(uuid4())})
    if act.name.startswith("confirm") and answer.status_code == 200 and irreversible() == before:
        return "the approver's confirmation booked nothing"
    return "" if answer.status_code in (200, 302) and irreversible() != before else f"answered {answer.status_code}"


def irreversible() -> tuple[int, int, int]:
    """How much was done that cannot be undone."""
    return BatchStep.objects.count(), CorrectionEnd.objects.count(), Movement.objects.count()


def attack_appointing(effort: Effort, guard: Guard = nullcontext) -> Outcome:
    """An administrator tries to take a post: to be given it, and to stand in for who holds it."""
    bad, tried = [], 0
    with provinces(effort) as (world, _there):
        prepare(world.cast)
        chief, posts = client_of(world, "chief"), list(Post.objects.exclude(person__username="chief"))
        held, bearer = Post.objects.filter(person__username="chief"), Client(SERVER_NAME=LOCAL)
        head = {"authorization": f"Bearer {token_of('chief')}"}
        counted = held.count()
        with guard():
            for post in posts[: effort.times(len(posts), 6)]:
                given = {"username": "chief", "office": post.office, "region": "420100", "valid_from": "2020-02-06"}
                lent = {"username": "chief", "valid_from": "2020-02-06T19:00", "valid_to": "2020-02-09T19:00"}
                person = f"/people/{post.person_id}"
                chief.post("/people", given)
                chief.post(person, {**lent, "act": "stand_in", "post": str(post.id)})
                for where, body in (("/api/v1/posts", given), (f"/api/v1/posts/{post.id}/stand-in", lent)):
                    key = {"idempotency-key": str(uuid4()), **head}
                    bearer.post(where, json.dumps(body), content_type="application/json", headers=key)
                tried += 4
                if held.count() != counted:
                    bad.append(f"the administrator holds {held.count() - counted} posts more: {post.office}")
                    break
        lent = {"username": "driver", "valid_from": "2020-02-06T19:00", "valid_to": "2020-02-09T19:00"}
        before = Post.objects.count()
        chief.post(f"/people/{posts[0].person_id}", {**lent, "act": "stand_in", "post": str(posts[0].id)})
        if not bad and Post.objects.count() == before:
            bad.append("control: the administrator could not lend a post to anybody")
    return Outcome(tried, bad, f"{len(posts)} posts of others")


def without_comparing_planners() -> AbstractContextManager[object]:
    """Approving and issuing ask for the right post alone."""

    def only_post(by: Actor, action: str, *, planned_by: int, number: int, place: str) -> None:
        by.require(action, region=place or kernel_access.NATION)

    return mock.patch.object(allocation_access, "require_second", only_post)


def without_comparing_hands() -> AbstractContextManager[object]:
    """Confirming asks for the right post alone."""

    def only_post(by: Actor, *, region: str, is_controlled: bool, proposed_by: int) -> None:
        by.require(stock_access.CONFIRM, region=kernel_access.NATION if is_controlled else region)

    return mock.patch.object(stock_access, "require_confirm", only_post)


def without_names() -> AbstractContextManager[object]:
    """A stand-in's post counts as any other."""
    allows = kernel_access.Grant.allows

    def forgets(self: kernel_access.Grant, action: str, **more: Any) -> bool:
        return allows(self, action, **{**more, "not_for": None})

    return mock.patch.object(kernel_access.Grant, "allows", forgets)


def without_own_post() -> AbstractContextManager[object]:
    """Nobody looks whether the one who gives is the one who gets."""
    from qipan.organisations.operations import posts

    def anybody(username: str, by: Actor) -> Person:
        return Person.objects.get(username=username)

    return mock.patch.object(posts, "_other_person", anybody)


TRIALS = (
    Trial(
        "P18", "alone", "the second step by whoever did the first: other posts, stand-ins, tokens, page, API", attack,
        {
            "the planner compared": lambda effort: attack(effort, without_comparing_planners),
            "the proposer compared": lambda effort: attack(effort, without_comparing_hands),
            "the name a stand-in acts in": lambda effort: attack(effort, without_names),
        },
    ),
    Trial(
        "P18", "appointing", "an administrator takes a post, or stands in for its holder", attack_appointing,
        {"the one who gives compared": lambda effort: attack_appointing(effort, without_own_post)},
    ),
)  # fmt: skip
