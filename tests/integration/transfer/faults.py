"""A way to a store on which things go wrong: requests pass through to it, but those that a fault takes."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from tests.stub.http import Answer, Forwarding, Handler, Request, serving

Fault = Callable[[Request, Handler], Awaitable[Answer]]
"""Answers the request, with or without asking the store."""
Draw = Callable[[Request], Fault | None]
XML = {"content-type": "application/xml"}
SHORT = 2**15
ERROR = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code><Message>m</Message></Error>'


@dataclass
class Way:
    """The way itself. `faults` are used up in order, each by one request whose method and query it names."""

    store: Handler
    endpoint: str = ""
    faults: list[tuple[str, str, Fault]] = field(default_factory=list)
    draw: Draw = lambda request: None
    """What befalls a request that no fault was waiting for."""
    asked: list[Request] = field(default_factory=list)
    """The requests that came, without their bodies."""

    @property
    def requests(self) -> list[str]:
        return [request.method for request in self.asked]

    def break_next(self, method: str, fault: Fault, query: str = "", times: int = 1) -> None:
        self.faults += [(method, query, fault)] * times

    async def handle(self, request: Request) -> Answer:
        self.asked.append(replace(request, body=b""))
        for one in self.faults:
            method, query, fault = one
            if request.method == method and query in request.target:
                self.faults.remove(one)
                return await fault(request, self.store)
        drawn = self.draw(request)
        return await (drawn(request, self.store) if drawn else self.store(request))


@asynccontextmanager
async def way_to(store: str | Handler) -> AsyncIterator[Way]:
    """A way to the store, an endpoint or a stub, on a port of this machine."""
    forwarding = Forwarding(store) if isinstance(store, str) else None
    way = Way(forwarding or store)  # type: ignore[arg-type]
    async with serving(way.handle) as way.endpoint:
        yield way
    if forwarding is not None:
        await forwarding.close()


def refuse(status: int, code: str, **headers: str) -> Fault:
    """The store says no, or says so inside an answer that says yes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _instead(Answer(status, {**XML, **named}, ERROR.format(code).encode()))


def answer(status: int, text: str) -> Fault:
    """Something else than the store answers."""
    return _instead(Answer(status, {"content-type": "text/html"}, text.encode()))


def hang_up(how: Literal["close", "reset"] = "close") -> Fault:
    return _instead(Answer(0, then=how))


def lose_answer(how: Literal["close", "reset"] = "close") -> Fault:
    """The store does what it was asked, but nobody hears of it."""
    return _changed(lambda _: Answer(0, then=how))


def cut(keep: int | float) -> Fault:
    """The store does what it was asked, but the answer's body breaks off after so many bytes, or such a share of it."""

    def change(answer: Answer) -> Answer:
        end = keep if isinstance(keep, int) else int(len(answer.body) * keep)
        return replace(answer, body=answer.body[:end], length=_length(answer), then="close")

    return _changed(change)


def stall(seconds: float) -> Fault:
    """The store takes its time."""

    async def fault(request: Request, store: Handler) -> Answer:
        await asyncio.sleep(seconds)
        return await store(request)

    return fault


def twice() -> Fault:
    """The answer comes twice, and at once; a longer one might be taken for that of the next request by anybody."""
    return _changed(lambda answer: replace(answer, times=2) if len(answer.body) <= SHORT else answer)


def ask_twice() -> Fault:
    """The store is asked twice, and its second answer counts."""

    async def fault(request: Request, store: Handler) -> Answer:
        await store(request)
        return await store(request)

    return fault


def shorten(by: int) -> Fault:
    """A body that is whole as far as HTTP goes lacks its last bytes."""
    return _changed(lambda answer: replace(answer, body=answer.body[:-by]))


def misplace(by: int) -> Fault:
    """Another range is sent than was asked for, and is said to be."""

    async def fault(request: Request, store: Handler) -> Answer:
        first, last = map(int, re.findall(r"\d+", request.headers["range"]))
        moved = f"bytes={first + by}-{last + by}"
        return await store(replace(request, headers={**request.headers, "range": moved}))

    return fault


def ignore_range() -> Fault:
    """The whole object is sent where a range was asked for."""

    async def fault(request: Request, store: Handler) -> Answer:
        return await store(replace(request, headers={k: v for k, v in request.headers.items() if k != "range"}))

    return fault


def without_element() -> Fault:
    """The store does what it was asked, but its answer lacks what it is to tell."""
    body = b'<?xml version="1.0" encoding="UTF-8"?><Result></Result>'
    return _changed(lambda answer: replace(answer, body=body))


def drawn(seed: int, rates: Mapping[Fault, float]) -> Draw:
    """Faults at these rates. A request's fate depends on the seed and what it asks for, not on when it comes."""
    asked = Counter[str]()

    def draw(request: Request) -> Fault | None:
        what = _what(request)
        asked[what] += 1
        chance = Random(f"{seed} {asked[what]} {what}").random()
        for fault, rate in rates.items():
            chance -= rate
            if chance < 0:
                return fault
        return None

    return draw


def everything(seed: int, stall_seconds: float) -> Draw:
    """Each in one of twenty requests, some of them in two kinds: resets before and after the store has done its work,
    answers that come twice and that were asked for twice.
    """
    rates = {
        refuse(503, "SlowDown"): 0.05,
        hang_up("reset"): 0.025,
        lose_answer("reset"): 0.025,
        stall(stall_seconds): 0.05,
        cut(0.5): 0.05,
        twice(): 0.025,
        ask_twice(): 0.025,
        refuse(200, "InternalError"): 0.05,
    }
    return drawn(seed, rates)


@dataclass
class Budget:
    """So many requests a second that a store serves, with as many in advance; who comes beyond that is turned away."""

    per_second: float
    clock: Callable[[], float] = time.monotonic
    served: int = 0
    refused: int = 0
    _left: float = 0.0
    _looked: float = 0.0

    def serves(self) -> bool:
        now = self.clock()
        self._left = min(self._left + (now - self._looked) * self.per_second, self.per_second)
        self._looked = now
        served = self._left >= 1
        self._left -= served
        self.served += served
        self.refused += not served
        return served


def throttled(budget: Budget) -> Draw:
    """The store turns away what the budget has no room for."""
    slow_down = refuse(503, "SlowDown")
    return lambda request: None if budget.serves() else slow_down


def _what(request: Request) -> str:
    """The request without what is another in every run: the bucket's name and the ids of uploads."""
    path = "/".join(request.target.split("/")[2:])
    return f"{request.method} {re.sub('uploadId=[^&]*', '', path)} {request.headers.get('range', '')}"


def _instead(said: Answer) -> Fault:
    async def fault(request: Request, _: Handler) -> Answer:
        return said if request.method != "HEAD" else replace(said, body=b"", length=len(said.body))

    return fault


def _changed(change: Callable[[Answer], Answer]) -> Fault:
    async def fault(request: Request, store: Handler) -> Answer:
        return change(await store(request))

    return fault


def _length(answer: Answer) -> int:
    return len(answer.body) if answer.length is None else answer.length
