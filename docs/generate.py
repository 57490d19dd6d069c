"""Write what is generated from the models: `crds/`, the chart's copies of them, and parts of `docs/`."""

from __future__ import annotations

import json
from pathlib import Path

from orgport.api import crd, reference
from orgport.archive.manifest import Manifest


def generated() -> dict[str, str]:
    """Path in the repository to text, of every generated file."""
    folders = {
        "crds": crd.files(),
        "charts/orgport/files/crds": crd.files(),
        "docs": {**reference.pages(), **_schemas()},
    }
    return {f"{folder}/{name}": text for folder, files in folders.items() for name, text in files.items()}


def _schemas() -> dict[str, str]:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Manifest.model_json_schema()}
    return {"manifest.schema.json": json.dumps(schema, indent=2) + "\n"}


if __name__ == "__main__":
    root = Path(__file__).parents[1]
    for path, text in generated().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
