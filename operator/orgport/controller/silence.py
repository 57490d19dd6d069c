"""How long leases have been silent, by the operator's own clock: those of nodes differ, and reads may have failed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from orgport.controller.raw import Raw, text

LONGEST_GAP = 90.0
"""Between two looks no more than this counts: when nothing could be read, nothing could be renewed either."""


class _Seen(NamedTuple):
    renewal: str
    at: float
    silent: float


@dataclass
class Silences:
    """Remembers the last renewal of every lease of the runs that were looked at."""

    _seen: dict[Hashable, dict[str, _Seen]] = field(default_factory=dict)

    def observe(self, run: Hashable, leases: Sequence[Raw], now: float) -> Mapping[str, float]:
        """For how many seconds each of a run's leases, by name, has not been renewed."""
        before = self._seen.get(run, {})
        after = {text(lease, "metadata", "name"): _next(before, lease, now) for lease in leases}
        if after:
            self._seen[run] = after
        else:
            self.forget(run)
        return {name: seen.silent for name, seen in after.items()}

    def forget(self, run: Hashable) -> None:
        """Drop a run that is gone."""
        self._seen.pop(run, None)


def _next(before: Mapping[str, _Seen], lease: Raw, now: float) -> _Seen:
    renewal = text(lease, "metadata", "uid") + text(lease, "spec", "holderIdentity") + text(lease, "spec", "renewTime")
    seen = before.get(text(lease, "metadata", "name"))
    if seen is None or seen.renewal != renewal:
        return _Seen(renewal, now, 0.0)
    return _Seen(renewal, now, seen.silent + min(now - seen.at, LONGEST_GAP))
