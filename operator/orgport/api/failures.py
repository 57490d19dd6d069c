"""The one way in which orgport fails: an exception with a reason from the closed list, and what a person needs.

Exception
  Failure            final or worth another try, by its reason's exit code
  Interrupted        SIGTERM, or a lost lease: stop without a verdict
"""

from __future__ import annotations

from collections.abc import Sequence

from orgport.api.reasons import MEANINGS, Exit, Reason

MESSAGE_BYTES = 1024
KEYS_SHOWN = 10
ADVISED = frozenset(
    {
        Reason.WAITING_FOR_ARCHIVE,
        Reason.WAITING_FOR_SECRET,
        Reason.WAITING_FOR_LEASE,
        Reason.POD_UNSCHEDULABLE,
        Reason.POD_CREATION_REFUSED,
        Reason.IMAGE_PULL_FAILED,
        Reason.QUOTA_EXCEEDED,
    }
)
"""Reasons of a running run that somebody can do something about: its conditions say what, as a failure would."""


class Failure(Exception):
    """A step's failure. `keys` are object keys or document ids, all of them; a status shows the first ten."""

    def __init__(self, reason: Reason, message: str, *, suggestion: str = "", keys: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.suggestion = suggestion or MEANINGS[reason].remedy
        self.keys = tuple(keys)

    @property
    def exit_code(self) -> int:
        return MEANINGS[self.reason].exit_code or Exit.RETRY

    @property
    def is_final(self) -> bool:
        return self.exit_code in Exit.FINAL


class Interrupted(Exception):
    """The step was told to stop; the next pod goes on where it stood."""


def shorten(text: str, limit: int = MESSAGE_BYTES) -> str:
    """The text in at most `limit` bytes of UTF-8, with an ellipsis where it was cut."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    return encoded[: limit - 3].decode(errors="ignore") + "…"


def advised(reason: str, message: str) -> str:
    """The message of a condition with this reason, and what to do about it."""
    advice = _advice(reason)
    words = message.rstrip(". ") if advice else message
    return (shorten(words, MESSAGE_BYTES - len(advice.encode())) + advice).removeprefix(". ")


def unadvised(reason: str, message: str) -> str:
    """What happened, without what to do about it."""
    return message.removesuffix(_advice(reason))


def _advice(reason: str) -> str:
    return f". {MEANINGS[Reason(reason)].remedy}" if reason in ADVISED else ""
