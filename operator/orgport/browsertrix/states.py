"""The states of items, and how a crawl ends that nobody runs any more."""

from __future__ import annotations

RUNNING = frozenset({"running", "pending-wait", "generate-wacz", "uploading-wacz", "rate-limited"})
WAITING = frozenset({"starting", "waiting_capacity", "waiting_org_limit", "waiting_dedupe_index"})
PAUSED = frozenset(
    {
        *("paused", "paused_storage_quota_reached", "paused_time_quota_reached", "paused_org_readonly"),
        "paused_rate_limit_time_reached",
    }
)
IN_FLIGHT = RUNNING | WAITING | PAUSED
"""A crawl in one of these states needs a crawler."""
PROCESSING_UPLOAD = "processing-upload"

FORMER_QUOTA_STATES = {
    "skipped_quota_reached": "skipped_storage_quota_reached",
    "stopped_quota_reached": "stopped_time_quota_reached",
}


def ended(state: str, *, has_files: bool) -> str:
    """What a crawl that was in flight is when it will not go on: what it has archived counts."""
    if state not in IN_FLIGHT:
        return state
    return "stopped_by_user" if has_files else "canceled"


def modern(state: str | None, *, stopping: bool) -> str | None:
    """Today's name of a state of database versions before 0033."""
    if state == "partial_complete":
        return "stopped_by_user" if stopping else "complete"
    return FORMER_QUOTA_STATES.get(state, state) if state is not None else None
