"""A pod as a process of its own, which can be killed and measured. Its standard input tells it what to do."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from typing import Any

from orgport.api.task import Task
from orgport.worker.context import Context, Progress
from orgport.worker.inputs import MappingInputs
from orgport.worker.steps import first_stage, run_step
from tests.integration.transfer.world import World
from tests.servers import python_environment


@dataclass(frozen=True)
class Said:
    """What a pod says at its end."""

    message: str
    counters: dict[str, int]
    peak: int
    """Bytes of memory at most."""


async def start_pod(task: Task, inputs: MappingInputs) -> Process:
    """A pod that does the task's step."""
    told = {
        "task": task.dump(),
        "secrets": {name: dict(data) for name, data in inputs.secrets.items()},
        "configMaps": {name: dict(data) for name, data in inputs.config_maps.items()},
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, env=python_environment()
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(told).encode())
    process.stdin.close()
    return process


async def start_copying(world: World, plan_sha256: str, **options: Any) -> Process:
    """A pod that copies the plan's first work list."""
    context = world.context(plan_sha256, **options)
    assert isinstance(context.inputs, MappingInputs)
    return await start_pod(context.task, context.inputs)


async def said_by(pod: Process) -> Said:
    """What a pod says, which must come to its end."""
    text, _ = await pod.communicate()
    assert pod.returncode == 0
    return Said(**json.loads(text))


def main() -> None:
    told = json.load(sys.stdin)
    task, progress = (
        Task.model_validate(told["task"]),
        Progress(first_stage(told["task"]["kind"], told["task"]["step"])),
    )
    context = Context(task, MappingInputs(told["secrets"], told["configMaps"]), progress, waits_for_inputs=False)
    outcome = asyncio.run(run_step(context))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"message": outcome.message, "counters": progress.counters().model_dump(), "peak": peak}))


if __name__ == "__main__":
    main()
