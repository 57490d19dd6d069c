"""What stands in an import's way: found all at once, told together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orgport.api.failures import Failure
from orgport.api.reasons import MEANINGS, Reason

SEVERITY = (
    Reason.VERSION_MISMATCH,
    Reason.EXPORT_CORRUPT,
    Reason.FOREIGN_KEY,
    Reason.CUSTOM_STORAGE_UNSUPPORTED,
    Reason.UNKNOWN_STORAGE,
    Reason.ORGANIZATION_EXISTS,
    Reason.IDENTIFIER_COLLISION,
    Reason.NAME_TAKEN,
    Reason.SLUG_TAKEN,
    Reason.SUBSCRIPTION_TAKEN,
    Reason.OBJECT_CONFLICT,
    Reason.OBJECTS_MISSING,
)
"""The reason of a failure is the first of these that applies."""


@dataclass(frozen=True)
class Conflict:
    """One thing that has to be settled before the import. `keys` are object keys or document ids."""

    reason: Reason
    message: str
    keys: Sequence[str] = ()
    suggestion: str = ""


def check(conflicts: Sequence[Conflict]) -> None:
    """Raise one failure that lists all conflicts; nothing if there are none."""
    if conflicts:
        raise as_failure(conflicts)


def as_failure(conflicts: Sequence[Conflict]) -> Failure:
    """The worst conflict's reason; everybody's message, suggestion and keys."""
    ordered = sorted(conflicts, key=lambda conflict: SEVERITY.index(conflict.reason))
    first = ordered[0]
    suggestions = dict.fromkeys(each.suggestion or MEANINGS[each.reason].remedy for each in ordered)
    if len(ordered) == 1:
        message = first.message
    else:
        message = f"{len(ordered)} conflicts: " + "; ".join(f"{each.reason}: {each.message}" for each in ordered)
    keys = [key for each in ordered for key in each.keys]
    return Failure(first.reason, message, suggestion=" ".join(suggestions), keys=keys)
