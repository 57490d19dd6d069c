"""The decision: what is to be made, changed and said about a run, from what is seen of it now.

A run that is over stays as it is. Everything else is found out anew each time, from the objects and from what the
status remembers of those that are gone; so it does not matter why, how often or by how many operators it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from orgport.api.failures import Failure
from orgport.api.sequence import is_rolled_back
from orgport.api.status import FailureInfo, Progress
from orgport.controller.decide.clock import wound
from orgport.controller.decide.decision import Decision, Surroundings
from orgport.controller.decide.deleting import ends, orphans
from orgport.controller.decide.endings import fail, fail_unread, settle, succeed
from orgport.controller.decide.going import go_on
from orgport.controller.decide.scene import Scene
from orgport.controller.decide.seen import see
from orgport.controller.decide.walk import Walk, walk
from orgport.controller.manifests import Settings
from orgport.controller.raw import Raw
from orgport.controller.resource import (
    STATUSES,
    Identity,
    Run,
    Status,
    identify,
    is_going,
    is_run,
    read_spec,
    read_status,
)

NOTHING = Surroundings()


def decide(
    resource: Raw,
    jobs: Sequence[Raw],
    pods: Sequence[Raw],
    leases: Sequence[Raw],
    now: datetime,
    settings: Settings,
    surroundings: Surroundings = NOTHING,
) -> Decision:
    """What to do about a run now. Never raises, whatever the objects hold; the Jobs must have been read first."""
    if not is_run(resource):
        return Decision()
    now = now.astimezone(UTC).replace(microsecond=0)
    before = read_status(resource)
    identity = identify(resource, before)
    world = see(identity.uid, jobs, pods, leases)
    if is_going(resource):
        return Decision(deletions=(*ends(world.jobs.values()), *orphans(identity, world)))
    if before.completion_time is not None and before.attempt >= identity.attempt:
        return settle(resource, identity, before, world)
    status = before if before.attempt == identity.attempt else _begun(before, identity)
    try:
        spec = read_spec(identity.kind, resource)
    except Failure as failure:
        return fail_unread(identity, before, status, failure, now)
    scene = Scene(Run(identity, spec), wound(status, spec, now), world, now, settings, surroundings)
    return _proceed(scene, before)


def _begun(before: Status, identity: Identity) -> Status:
    """The status of a new attempt: nothing is left of the one before but its transition times."""
    return STATUSES[identity.kind](
        attempt=identity.attempt, phase="Pending", conditions=before.conditions, progress=Progress()
    )


def _proceed(scene: Scene, before: Status) -> Decision:
    way = walk(scene)
    if way.current is not None:
        return go_on(scene, before, way)
    if way.failure is None:
        return succeed(scene, before, way)
    failed = way.failure.step or "plan"
    if not scene.is_rolling_back and is_rolled_back(scene.run.spec, failed):
        return _turn_back(scene, before, way, way.failure)
    return fail(scene, before, way, way.failure)


def _turn_back(scene: Scene, before: Status, way: Walk, failure: FailureInfo) -> Decision:
    """Begin the rollback; the status keeps the failure that led to it."""
    changes = {
        "failure": failure,
        "steps": list(way.steps),
        "progress": way.progress,
        "org": way.org,
        "plan_sha256": way.plan_sha256,
    }
    back = replace(scene, status=scene.status.model_copy(update=changes))
    return _proceed(back, before)
