"""Runs in every phase as a real API server had them.

ORGPORT_RECORD=1 pytest tests/integration/gitops/test_verdicts.py     writes them anew
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "recorded"


def recorded() -> dict[str, Any]:
    """The resources, by kind and phase."""
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yaml"))}


def record(seen: dict[str, Any]) -> None:
    """Keep these resources instead of those that were recorded before."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.yaml"):
        path.unlink()
    for name, resource in seen.items():
        metadata = {key: value for key, value in resource["metadata"].items() if key != "managedFields"}
        (FOLDER / f"{name}.yaml").write_text(yaml.safe_dump({**resource, "metadata": metadata}, sort_keys=False))
