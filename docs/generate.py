"""Write what is generated from the models: `crds/`, the chart's copies of them, and two pages of `docs/`."""

from __future__ import annotations

from pathlib import Path

from orgport.api import crd, reference


def generated() -> dict[str, str]:
    """Path in the repository to text, of every generated file."""
    folders = {"crds": crd.files(), "charts/orgport/files/crds": crd.files(), "docs": reference.pages()}
    return {f"{folder}/{name}": text for folder, files in folders.items() for name, text in files.items()}


if __name__ == "__main__":
    root = Path(__file__).parents[1]
    for path, text in generated().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
