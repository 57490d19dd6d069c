"""The commands of README and docs that need a cluster, each block of them run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cluster.browsertrix import manifests
from tests.integration.cli.conftest import Place
from tests.unit.controller.states import state
from tests.unit.docs.pages import Block, blocks

pytestmark = pytest.mark.cluster

BLOCKS = [block for block in blocks() if block.marker == "cluster"]
NAME = "acme-2026-11"


@pytest.fixture
def told(place: Place) -> Place:
    """The place that pages tell of: a finished export and its import, in the namespace of a Browsertrix."""
    place.put(state("exported"), NAME)
    place.put(state("imported"), NAME)
    wanted = {"mongo-auth", "ops-configs", "backend-env-config"}
    place.cluster.apply(*(item for item in manifests(place.namespace, "", "") if item["metadata"]["name"] in wanted))
    return place


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.title)
def test_a_block_does_what_the_page_says(told: Place, tmp_path: Path, block: Block) -> None:
    told.run(bounded(block.text), cwd=tmp_path)


def bounded(text: str) -> str:
    """`kubectl get --watch` never ends by itself: three seconds of it will do."""
    return re.sub(r"^(kubectl get .*--watch.*)$", r"timeout 3 \1 || test $? = 124", text, flags=re.MULTILINE)


def test_only_a_watch_is_bounded() -> None:
    assert bounded("kubectl get pods\nkubectl get jobs --watch") == (
        "kubectl get pods\ntimeout 3 kubectl get jobs --watch || test $? = 124"
    )
