"""The operator's settings: environment variables that begin with ORGPORT_."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class ControllerSettings(BaseSettings):
    """What the chart sets. `namespaces` is a comma-separated list; empty: all namespaces."""

    model_config = SettingsConfigDict(env_prefix="ORGPORT_", frozen=True)

    worker_image: Annotated[str, Field(min_length=1)]
    """The image of the workers' pods: usually the operator's own."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """Of the workers' pods."""
    namespaces: Annotated[tuple[str, ...], NoDecode] = ()
    """Namespaces that are watched."""
    liveness_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Where /healthz answers; 0: nowhere."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Where /metrics answers; 0: nowhere."""
    log_format: Literal["text", "json"] = "text"
    """Lines for people, or JSON lines."""
    resync_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How often every unfinished run is looked at, whatever events have said."""
    kubeconfig: Path | None = None
    """Instead of the pod's account."""

    @field_validator("namespaces", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value
