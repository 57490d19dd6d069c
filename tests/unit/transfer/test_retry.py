"""When a call is made again, and when not."""

from __future__ import annotations

import pytest

from orgport.stores.s3_errors import Refused, Unreachable
from orgport.stores.s3_retry import Acquaintance, Patience, retried


class World:
    """A clock that only sleeping moves, and answers that are given out in turn."""

    def __init__(self, *answers: Exception | str) -> None:
        self.answers = list(answers)
        self.time = 0.0
        self.pauses: list[float] = []
        self.patience = Patience(sleep=self.sleep, chance=lambda: 1.0, clock=lambda: self.time)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    async def call(self) -> str:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(
    "error",
    [
        Refused("SlowDown", 503),
        Refused("InternalError", 500),
        Refused("InternalError", 200),
        Refused("429", 429),
        Refused("RequestTimeout", 400),
        Refused("ConditionalRequestConflict", 409),
        Unreachable("ConnectionClosedError"),
    ],
    ids=repr,
)
async def test_a_passing_fault_is_tried_again(error: Exception) -> None:
    world = World(error, error, "done")
    assert await retried(world.call, world.patience, Acquaintance()) == "done"
    assert world.pauses == [0.1, 0.2]


@pytest.mark.parametrize(
    "error",
    [
        Refused("AccessDenied", 403),
        Refused("NoSuchKey", 404),
        Refused("PreconditionFailed", 412),
        Refused("NotImplemented", 501),
        Unreachable("SSLError", certificate=True),
    ],
    ids=repr,
)
async def test_a_lasting_fault_is_not(error: Exception) -> None:
    world = World(error)
    with pytest.raises(type(error)):
        await retried(world.call, world.patience, Acquaintance())
    assert world.pauses == []


async def test_a_call_is_tried_ten_times_at_most() -> None:
    world = World(Refused("SlowDown", 503))
    with pytest.raises(Refused):
        await retried(world.call, world.patience, Acquaintance())
    assert len(world.pauses) == 9


async def test_retry_after_is_honoured_within_reason() -> None:
    world = World(Refused("SlowDown", 503, retry_after=7), Refused("SlowDown", 503, retry_after=7000), "done")
    await retried(world.call, world.patience, Acquaintance())
    assert world.pauses == [7, 60]


async def test_an_endpoint_that_never_answered_is_given_up_after_twenty_seconds() -> None:
    world = World(Unreachable("EndpointConnectionError"))
    with pytest.raises(Unreachable):
        await retried(world.call, world.patience, Acquaintance())
    assert 10 < world.time <= 20


async def test_an_endpoint_that_answered_once_gets_all_tries() -> None:
    world = World(Unreachable("EndpointConnectionError"))
    with pytest.raises(Unreachable):
        await retried(world.call, world.patience, Acquaintance(met=True))
    assert len(world.pauses) == 9


async def test_a_call_waits_for_its_turn_before_each_try_and_that_is_not_held_against_the_endpoint() -> None:
    world = World(Unreachable("EndpointConnectionError"), Refused("SlowDown", 503), "done")
    turns = list[float]()

    async def turn() -> None:
        turns.append(world.time)
        world.time += 1000 * (len(turns) == 1)

    assert await retried(world.call, world.patience, Acquaintance(), turn) == "done"
    assert turns == pytest.approx([0, 1000.1, 1000.3])
