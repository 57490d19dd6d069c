"""Argo CD's health check as Argo CD runs it: Lua 5.1 with nothing but its base functions and tables."""

from __future__ import annotations

from typing import Any, NamedTuple

from lupa.lua51 import LuaRuntime

from tests.unit.api.specs import ROOT

SCRIPT = (ROOT / "examples" / "gitops" / "argocd" / "health.lua").read_text()
ABSENT = ("string", "math", "io", "os", "debug", "package", "require", "dofile", "loadfile", "python")
HEALTHY, PROGRESSING, DEGRADED, SUSPENDED = "Healthy", "Progressing", "Degraded", "Suspended"
VERDICTS = {
    "Pending": PROGRESSING,
    "Running": PROGRESSING,
    "Suspended": SUSPENDED,
    "RollingBack": PROGRESSING,
    "Succeeded": HEALTHY,
    "Failed": DEGRADED,
}
"""What Argo CD is to say, by phase."""


class Health(NamedTuple):
    """The verdict on a resource."""

    status: str
    message: str


def health(resource: Any) -> Health:
    """What the script says of the resource."""
    lua = LuaRuntime(unpack_returned_tuples=True)
    for name in ABSENT:
        lua.globals()[name] = None
    lua.globals().obj = lua.table_from(resource, recursive=True)
    found = lua.execute(SCRIPT)
    return Health(found["status"], found["message"])
