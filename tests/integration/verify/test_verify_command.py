"""`orgport verify` and `orgport receipt`, as an administrator types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from orgport.api.reasons import Exit
from tests.integration.imports.running import Imports

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]


def orgport(imports: Imports, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command with a file that holds the import and its Secrets."""
    file = folder / "import.yaml"
    file.write_text(yaml.safe_dump_all([*imports.target.resources().values(), imports.resource()]))
    command = [sys.executable, "-m", "orgport", *words, "-f", str(file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "operator")}
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=120, check=False)


def test_an_import_is_verified_and_its_receipt_shown_from_the_command_line(small: Imports, tmp_path: Path) -> None:
    before = orgport(small, tmp_path, "verify")
    assert (before.returncode, "May the source be deleted? No:" in before.stdout) == (Exit.DATA, True), before.stderr
    assert orgport(small, tmp_path, "run").returncode == 0
    after = orgport(small, tmp_path, "verify", "--output", "json", "--checksum")
    assert after.returncode == 0, after.stdout + after.stderr
    assert json.loads(after.stdout)["sourceMayBeDeleted"] is True
    shown = orgport(small, tmp_path, "receipt", "show")
    assert (shown.returncode, "complete" in shown.stdout, "olga@example.org" in shown.stdout) == (0, True, True)
    said = "".join(each.stdout + each.stderr for each in (before, after, shown))
    assert small.target.store.secret_key not in said


def test_a_release_needs_a_yes(small: Imports, tmp_path: Path) -> None:
    ended = orgport(small, tmp_path, "receipt", "release")
    assert (ended.returncode, "--yes" in ended.stderr) == (Exit.USAGE, True)
