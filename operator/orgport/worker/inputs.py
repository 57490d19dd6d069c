"""The Secrets and ConfigMaps of a step: mounted folders in a pod, mappings elsewhere; what was read is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orgport.api.failures import Failure
from orgport.api.names import CONFIG_MAPS_FOLDER, SECRETS_FOLDER
from orgport.api.reasons import Reason
from orgport.worker.context import Context, Inputs
from orgport.worker.redaction import Redactor

POLL_SECONDS = 2.0


@dataclass(frozen=True)
class FolderInputs:
    """Secrets at <secrets>/<name>/<key>, ConfigMaps at <config_maps>/<name>/<key>, read anew at each call."""

    secrets: Path = Path(SECRETS_FOLDER)
    config_maps: Path = Path(CONFIG_MAPS_FOLDER)

    def secret(self, name: str) -> Mapping[str, str]:
        return _files(self.secrets / name)

    def config_map(self, name: str) -> Mapping[str, str]:
        return _files(self.config_maps / name)


def _files(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    # Kubernetes keeps the real files in a hidden folder "..data"; the visible names are links to them.
    visible = (path for path in folder.iterdir() if not path.name.startswith("..") and path.is_file())
    return {path.name: path.read_text() for path in visible}


@dataclass(frozen=True)
class MappingInputs:
    """Secrets and ConfigMaps given as mappings from name to data."""

    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    config_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def secret(self, name: str) -> Mapping[str, str]:
        return self.secrets.get(name, {})

    def config_map(self, name: str) -> Mapping[str, str]:
        return self.config_maps.get(name, {})


@dataclass
class RecordingInputs:
    """Inputs whose secret values are told to a redactor, and which know whether they have changed since."""

    inputs: Inputs
    redactor: Redactor
    _read: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def secret(self, name: str) -> Mapping[str, str]:
        values = self.inputs.secret(name)
        self._read[name] = values
        self.redactor.add(values)
        return values

    def config_map(self, name: str) -> Mapping[str, str]:
        return self.inputs.config_map(name)

    def have_changed(self) -> bool:
        """Whether a Secret is not what it was when it was read last: the key was rotated."""
        return any(self.inputs.secret(name) != values for name, values in self._read.items())


async def secret_with(context: Context, name: str, *keys: str, field: str) -> Mapping[str, str]:
    """The Secret once it has these keys. `field` names it in messages, such as "spec.destination.credentials".

    In a cluster a missing one is waited for, so that a GitOps tool may apply things in any order.
    """
    progress = context.progress
    stage, message = progress.stage, progress.message
    while True:
        values = context.inputs.secret(name)
        lacking = [key for key in keys if not values.get(key)]
        if values and not lacking:
            progress.stage, progress.message = stage, message
            return values
        what = f"key {lacking[0]} of Secret {name}" if values else f"Secret {name}"
        if not context.waits_for_inputs:
            raise Failure(Reason.INVALID_SPEC, f"{field}: {what} is missing", suggestion=f"give {what}")
        progress.stage = Reason.WAITING_FOR_SECRET
        progress.message = f"{field}: waiting for {what}" + (f" (key {', '.join(keys)})" if keys and not values else "")
        await asyncio.sleep(POLL_SECONDS)
