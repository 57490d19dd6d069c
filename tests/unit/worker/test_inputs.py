"""Secrets are read where they are mounted, waited for, and known to have been rotated."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.api.task import Task
from orgport.worker import inputs as inputs_module
from orgport.worker.context import Context, Inputs, Progress
from orgport.worker.inputs import FolderInputs, MappingInputs, RecordingInputs, secret_with
from orgport.worker.redaction import Redactor

TASK = Task.model_validate(
    {
        "kind": "OrgExport",
        "namespace": "n",
        "name": "a",
        "uid": "u",
        "attempt": 1,
        "step": "plan",
        "job": "j",
        "spec": {"org": {"slug": "acme"}, "destination": {"bucket": "exports"}},
    }
)


def context_of(inputs: Inputs, *, waits: bool) -> Context:
    return Context(TASK, inputs, Progress(Reason.PLANNING), waits_for_inputs=waits)


def test_mounted_files_are_read_without_the_hidden_folders(tmp_path: Path) -> None:
    (tmp_path / "mongo-auth" / "..data").mkdir(parents=True)
    (tmp_path / "mongo-auth" / "MONGO_HOST").write_text("local-mongo")
    inputs = FolderInputs(tmp_path, tmp_path)
    assert inputs.secret("mongo-auth") == {"MONGO_HOST": "local-mongo"}
    assert inputs.secret("absent") == {}


async def test_a_missing_key_is_a_failure_that_names_it_when_nothing_is_waited_for() -> None:
    context = context_of(MappingInputs({"s3": {"ID": "x"}}), waits=False)
    with pytest.raises(Failure, match=r"spec\.destination\.credentials: key SECRET of Secret s3 is missing"):
        await secret_with(context, "s3", "ID", "SECRET", field="spec.destination.credentials")


async def test_a_secret_that_comes_late_is_waited_for_and_the_wait_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs_module, "POLL_SECONDS", 0.01)
    secrets: dict[str, dict[str, str]] = {}
    context = context_of(MappingInputs(secrets), waits=True)
    waiting = asyncio.create_task(secret_with(context, "s3", "ID", field="spec.destination.credentials"))
    async with asyncio.timeout(5):
        await until_waiting(context)
        assert "Secret s3" in context.progress.message
        secrets["s3"] = {"ID": "x"}
        assert await waiting == {"ID": "x"}
    assert context.progress.stage is Reason.PLANNING


async def until_waiting(context: Context) -> None:
    while context.progress.stage is not Reason.WAITING_FOR_SECRET:
        await asyncio.sleep(0)


def test_a_rotated_secret_is_noticed() -> None:
    secrets = {"s3": {"KEY": "old-old-old"}}
    recording = RecordingInputs(MappingInputs(secrets), Redactor())
    recording.secret("s3")
    assert not recording.have_changed()
    secrets["s3"] = {"KEY": "new-new-new"}
    assert recording.have_changed()


def test_what_is_read_is_told_to_the_redactor() -> None:
    redactor = Redactor()
    RecordingInputs(MappingInputs({"s3": {"KEY": "hunter2hunter2"}}), redactor).secret("s3")
    assert "hunter2" not in redactor("hunter2hunter2")
