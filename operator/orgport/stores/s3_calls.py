"""Calls of the S3 API: signed, sent, tried again, and their refusals in our words."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, TypeVar

from orgport.stores.s3_errors import SKEWED, WRONG_REGION, Refused, Unreachable, Where, refusal, unreachable
from orgport.stores.s3_flow import Flow
from orgport.stores.s3_http import Wire
from orgport.stores.s3_line import BUFFER, Opened
from orgport.stores.s3_message import Answer, Request
from orgport.stores.s3_model import Connection, NoPace, Pace
from orgport.stores.s3_parse import error_of
from orgport.stores.s3_retry import Acquaintance, Patience, retried
from orgport.stores.s3_sign import EMPTY, UNSIGNED, Signing, encode_path, encode_query, signed
from orgport.stores.s3_site import Access, Site, open_access

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
SILENCE_SECONDS = {False: 60.0, True: 300.0}
"""How long a store may be silent, by whether it writes: a server-side copy of 5 GiB takes minutes without a byte."""
SKEW_SECONDS = 60.0
"""Clocks that differ by less are none of the reasons for which a store refuses a signature."""
UNSIGNED_HEADERS = {"user-agent": "orgport", "accept-encoding": "identity"}
"""What proxies may change."""


@dataclass(frozen=True)
class Place:
    """Where calls go at present. `offset`: seconds by which the store's clock is before ours."""

    site: Site
    wire: Wire
    offset: float = 0.0


@dataclass
class Calls:
    """A client of one bucket. `reads` and `writes` are apart, as S3 throttles them, and a write may wait for a read."""

    access: Access
    place: Place
    stack: AsyncExitStack
    reads: Flow
    writes: Flow
    patience: Patience = field(default_factory=Patience)
    pace: Pace = field(default_factory=NoPace)
    acquaintance: Acquaintance = field(default_factory=Acquaintance)
    now: Callable[[], float] = time.time

    @property
    def where(self) -> Where:
        return self.access.where

    @property
    def client(self) -> Any:
        """aioboto3's client of the same store."""
        return self.access.client

    async def ask(self, request: Request, read: Callable[[Answer], Result]) -> Result:
        """What is read from the answer. Refused only for what is missing or whose condition is not met; else Failure.

        `read` raises Refused where the answer lacks what it has to tell; then the call is made again too.
        """

        async def once() -> Result:
            return read(await (await self._sent(request)).whole())

        return await self._tried(request, once)

    async def open(self, request: Request, read: Callable[[Opened], Result]) -> Result:
        """As `ask`, with the body still to come: the answer has to be closed, and its body counts for no call."""

        async def once() -> Result:
            opened = await self._sent(request)
            try:
                return read(opened)
            except Refused:
                opened.close()
                raise

        return await self._tried(request, once)

    async def _tried(self, request: Request, once: Callable[[], Awaitable[Result]]) -> Result:
        """A call keeps its place among those in flight while it waits for its next try."""
        flow = self.writes if request.writes else self.reads
        # How long a long body takes says nothing of whether anybody is there.
        acquaintance = self.acquaintance if request.size <= BUFFER else Acquaintance(met=True)
        await flow.enter()
        try:
            return await retried(
                lambda: self._watched(flow, once), self.patience, acquaintance, lambda: self._turn(flow)
            )
        except Refused as refused:
            if refused.is_missing or refused.is_unmet:
                raise
            raise refusal(refused, self.where, request.operation, request.key or "") from None
        except Unreachable as error:
            raise unreachable(error, self.where, request.operation) from None
        finally:
            flow.leave()

    async def _turn(self, flow: Flow) -> None:
        await flow.again()
        await self.pace.request()

    async def _watched(self, flow: Flow, once: Callable[[], Awaitable[Result]]) -> Result:
        asked_in = flow.round
        try:
            result = await once()
        except Refused as refused:
            if refused.is_throttle and flow.throttled(asked_in):
                logger.info("%s asks for fewer requests (%s): %d at a time", self.where, refused, flow.limit)
            raise
        flow.succeeded()
        return result

    async def _sent(self, request: Request) -> Opened:
        """A good answer. What our clock, or a region that was not given, is the cause of, is mended once."""
        place = self.place
        try:
            return await self._sent_to(place, request)
        except Refused as refused:
            if not await self._mended(place, refused):
                raise
        return await self._sent_to(self.place, request)

    async def _sent_to(self, place: Place, request: Request) -> Opened:
        site, body = place.site, request.body
        path = site.path if request.key is None else f"{site.path}/{encode_path(request.key)}"
        query = encode_query(request.query)
        signing = Signing(await self.access.keys(), site.region, self.now() + place.offset)
        headers = signed(
            signing, request.method, path or "/", query, {"host": site.host, **request.headers}, _payload(site, body)
        )
        headers.update(UNSIGNED_HEADERS)
        if request.writes:
            headers["content-length"] = str(request.size)
        target = f"{path or '/'}?{query}" if query else path or "/"
        silence = SILENCE_SECONDS[request.writes]
        opened = await place.wire.open(request.method, target, headers, body, request.size, silence)
        if opened.status >= 300:
            raise error_of(await opened.whole())
        return opened

    async def _mended(self, place: Place, refused: Refused) -> bool:
        """Whether calls go elsewhere, or are signed otherwise, than they did when this one was refused."""
        if place is self.place:
            self.place = self._at_its_time(place, refused) or await self._in_its_region(place, refused) or self.place
        return place is not self.place

    def _at_its_time(self, place: Place, refused: Refused) -> Place | None:
        """A refused HEAD does not say why."""
        if refused.date is None or refused.code not in (SKEWED, "403"):
            return None
        offset = refused.date - self.now()
        return replace(place, offset=offset) if abs(offset - place.offset) > SKEW_SECONDS else None

    async def _in_its_region(self, place: Place, refused: Refused) -> Place | None:
        """As botocore does it: the region that the store names, once."""
        is_wrong = refused.code in WRONG_REGION or refused.status in (301, 307, 400)
        if refused.region in (None, place.site.region) or not is_wrong:
            return None
        site = await self.access.site_in(refused.region or "")
        wire = place.wire if site.origin == place.site.origin else await _wire(self.stack, self.access, site)
        return replace(place, site=site, wire=wire)


def _payload(site: Site, body: object) -> str:
    """Without TLS, the signature covers what is sent, where that is known beforehand."""
    if site.origin.startswith("https:") or not isinstance(body, bytes):
        return UNSIGNED
    return sha256(body).hexdigest() if body else EMPTY


@asynccontextmanager
async def open_calls(connection: Connection, where: Where) -> AsyncIterator[Calls]:
    """A client for the connection; nothing is sent yet."""
    async with AsyncExitStack() as stack:
        access = await stack.enter_async_context(open_access(connection, where))
        site = await access.site()
        place = Place(site, await _wire(stack, access, site))
        yield Calls(access, place, stack, Flow(connection.connections), Flow(connection.connections))


async def _wire(stack: AsyncExitStack, access: Access, site: Site) -> Wire:
    wire = Wire(access.route(site))
    stack.push_async_callback(wire.close)
    return wire
