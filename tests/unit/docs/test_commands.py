"""Every command that README and docs show says where it is run, is one, and is run where that can be."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helm_python import Chart

from orgport.__main__ import parser
from tests.unit.api.specs import ROOT
from tests.unit.docs.pages import Block, blocks, blocks_of

BLOCKS = blocks()
HERE = [block for block in BLOCKS if block.marker == "here"]
UNRUN = [block for block in BLOCKS if block.reason]
COMMANDS = [(block.title, command) for block in BLOCKS for command in block.commands]


def of(program: str) -> list[tuple[str, str]]:
    """The commands of a program, with what stands before a pipe alone."""
    return [(title, command.split(" | ")[0]) for title, command in COMMANDS if command.split()[0] == program]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.title)
def test_commands_say_where_they_are_run(block: Block) -> None:
    assert block.marker, (
        f"put <!-- run: here -->, <!-- run: cluster --> or <!-- run: no, REASON --> above:\n{block.text}"
    )


@pytest.mark.parametrize("block", UNRUN, ids=lambda block: f"{block.title} {block.reason}")
def test_what_is_not_run_can_be_read_by_the_shell(block: Block) -> None:
    if "a synopsis" not in block.reason:
        subprocess.run(["bash", "-n"], input=block.text, text=True, check=True, timeout=20)


@pytest.mark.parametrize("block", HERE, ids=lambda block: block.title)
def test_what_can_be_run_here_is(block: Block, tmp_path: Path) -> None:
    for name in ("charts", "crds", "docs", "examples", "operator", "Makefile"):
        (tmp_path / name).symlink_to(ROOT / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "operator")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("title", "command"), [each for each in of("orgport") if "[--" not in each[1]])
def test_our_own_commands_have_these_options(title: str, command: str) -> None:
    assert exit_code(shlex.split(command.split(" > ")[0], comments=True)[1:]) == 0


def exit_code(words: list[str]) -> object:
    """Of our parser: --help and --version end it, too."""
    try:
        parser().parse_args(words)
    except SystemExit as ended:
        return ended.code
    return 0


@pytest.mark.parametrize(("title", "command"), of("make"))
def test_targets_of_make_are_there(title: str, command: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert command.split()[1] in targets


@pytest.mark.parametrize(("title", "command"), [each for each in of("helm") if " charts/orgport " in each[1]])
def test_the_chart_takes_the_values_that_helm_is_given(title: str, command: str) -> None:
    words = shlex.split(command, comments=True)
    given = [words[number + 1] for number, word in enumerate(words) if word == "--set"]
    known = yaml.safe_load((ROOT / "charts" / "orgport" / "values.yaml").read_text())
    values: dict[str, object] = {}
    for setting in given:
        path, _, value = setting.partition("=")
        *parents, last = path.split(".")
        assert path.split(".")[0] in known
        place: dict[str, object] = values
        for parent in parents:
            place = place.setdefault(parent, {})  # type: ignore[assignment]
        place[last] = value.strip("{}").split(",") if value.startswith("{") else yaml.safe_load(value)
    with Chart.load(str(ROOT / "charts" / "orgport")) as chart:
        assert chart.render(values=values, name="orgport", namespace="orgport")


def test_files_that_commands_name_are_there() -> None:
    for title, command in COMMANDS:
        for path in re.findall(r"(?<![\w/.-])(?:examples|charts|crds|operator)/[\w./-]*", command):
            assert (ROOT / path).exists(), f"{title}: {path}"


PAGE = """
# A page

<!-- run: here -->

    orgport crds
    kubectl get pods \\
        --watch

Words.

    kubectl get jobs

    key: value

* an item

  <!-- run: no, it needs AWS -->

      aws s3 ls

```sh
make test
```

```yaml
kind: Pod
```
"""


def test_blocks_are_found_with_their_marks() -> None:
    found = [(block.line, block.commands, block.marker) for block in blocks_of("page.md", PAGE)]
    assert found == [
        (6, ["orgport crds", "kubectl get pods --watch"], "here"),
        (12, ["kubectl get jobs"], ""),
        (20, ["aws s3 ls"], "no, it needs AWS"),
        (22, ["make test"], ""),
    ]


def test_there_are_commands_of_every_kind() -> None:
    assert {block.marker for block in BLOCKS} >= {"here", "cluster"}
    assert len(UNRUN) > 5
