"""The three conditions, as kstatus and `kubectl wait` read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from orgport.api.failures import shorten
from orgport.api.status import Condition

Truth = Literal["True", "False", "Unknown"]


def running(before: Sequence[Condition], reason: str, message: str, generation: int, now: datetime) -> list[Condition]:
    """It has not ended: nobody knows yet whether it will have succeeded."""
    return _conditions(before, (("Succeeded", "Unknown"), ("Reconciling", "True")), reason, message, generation, now)


def succeeded(
    before: Sequence[Condition], reason: str, message: str, generation: int, now: datetime
) -> list[Condition]:
    """It has ended well."""
    return _conditions(before, (("Succeeded", "True"), ("Reconciling", "False")), reason, message, generation, now)


def failed(before: Sequence[Condition], reason: str, message: str, generation: int, now: datetime) -> list[Condition]:
    """It has ended, and nothing but a person will change that."""
    kinds: tuple[tuple[str, Truth], ...] = (("Succeeded", "False"), ("Reconciling", "False"), ("Stalled", "True"))
    return _conditions(before, kinds, reason, message, generation, now)


def observed(before: Sequence[Condition], generation: int) -> list[Condition]:
    """The same conditions, for a spec that changed in a way that does not matter to them."""
    return [condition.model_copy(update={"observed_generation": generation}) for condition in before]


def _conditions(
    before: Sequence[Condition],
    kinds: Sequence[tuple[str, Truth]],
    reason: str,
    message: str,
    generation: int,
    now: datetime,
) -> list[Condition]:
    since = {(condition.type, condition.status): condition.last_transition_time for condition in before}
    return [
        Condition(
            type=kind,
            status=status,
            observed_generation=generation,
            last_transition_time=since.get((kind, status), now),
            reason=reason,
            message=shorten(message),
        )
        for kind, status in kinds
    ]
