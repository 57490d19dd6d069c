"""`orgport controller`: the operator as a process of its own."""

from __future__ import annotations

import logging
import socket
from typing import Any

import kopf
import uvloop
from pydantic import ValidationError

from orgport.api.reasons import Exit
from orgport.controller.handlers import Operator, register
from orgport.controller.settings import ControllerSettings

logger = logging.getLogger(__name__)


async def operate(settings: ControllerSettings) -> None:
    """Run until SIGTERM. Raises when a watch fails for good."""
    registry = kopf.OperatorRegistry()
    register(registry, Operator(settings))
    endpoint = f"http://0.0.0.0:{settings.liveness_port}/healthz" if settings.liveness_port else None
    await kopf.operator(
        registry=registry,
        settings=kopf.OperatorSettings(),
        standalone=True,
        identity=identity(),
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
        liveness_endpoint=endpoint,
    )


def identity() -> Any:
    """Who kopf takes itself for, a NewType of its own. Unasked, it asks for its user, whom no container knows."""
    return f"orgport@{socket.gethostname()}"


def set_up_logging(log_format: str) -> None:
    """Our own lines, and kopf's warnings: it would tell every event of every pod."""
    chosen = kopf.LogFormat.JSON if log_format == "json" else kopf.LogFormat.FULL
    kopf.configure(log_format=chosen, log_refkey="object")
    logging.getLogger("orgport").setLevel(logging.INFO)
    for name in ("kopf.objects", "kopf.activities", "aiohttp.access", "kubernetes"):
        logging.getLogger(name).setLevel(logging.WARNING)


def main() -> int:
    """Read the settings from the environment and run."""
    try:
        settings = ControllerSettings()
    except ValidationError as error:
        problems = [f"ORGPORT_{str(found['loc'][0]).upper()}: {found['msg']}" for found in error.errors()]
        print("; ".join(problems))
        return Exit.CONFIGURATION
    set_up_logging(settings.log_format)
    logger.info("workers run %s; namespaces: %s", settings.worker_image, ", ".join(settings.namespaces) or "all")
    try:
        uvloop.run(operate(settings))
    except Exception:
        logger.exception("the operator cannot go on")
        return 1
    return 0
