"""What Prometheus gets from an operator that looks after runs on a real API server."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator
from urllib.error import URLError

import pytest

from tests.cluster.access import Cluster
from tests.integration.controller.conftest import LEFT_OPEN, Apply, running_operator
from tests.integration.controller.puppets import PLAN, export_manifest
from tests.servers import free_port

pytestmark = [pytest.mark.cluster, LEFT_OPEN]


@pytest.fixture
def port(cluster: Cluster, namespace: str) -> Iterator[int]:
    """Where the metrics of an operator of the namespace are."""
    number = free_port()
    with running_operator(cluster, namespace, metrics_port=number):
        yield number


def scrape(port: int, accept: str = "") -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=20) as answer:
        text: str = answer.read().decode()
    return text


def eventually(port: int, pattern: str, *, there: bool = True) -> str:
    """A scrape once a line of it is like this, or none is any more."""
    limit = time.monotonic() + 30
    while (re.search(pattern, text := attempt(port), re.MULTILINE) is not None) is not there:
        assert time.monotonic() < limit, text
    return text


def attempt(port: int) -> str:
    """A scrape; "" while the operator does not serve yet."""
    try:
        return scrape(port)
    except URLError:
        return ""


async def test_series_of_a_run_follow_it_and_go_with_it(
    port: int, cluster: Cluster, namespace: str, create: Apply
) -> None:
    labels = f'kind="OrgExport",name="acme",namespace="{namespace}"'
    run = await create(export_manifest(namespace))
    await run.succeed("plan", plan=PLAN)
    await run.start("files")
    await run.report("files", counters={"objectsDone": 20, "bytesDone": 20 * 2**20})
    await run.status(lambda status: status.get("progress", {}).get("objectsDone") == 20)
    text = eventually(port, rf"^orgport_run_progress_objects{{{labels}}} 20\.0$")
    assert f'orgport_run_phase{{kind="OrgExport",name="acme",namespace="{namespace}",phase="Running"}} 1.0' in text
    assert re.search(rf"^orgport_run_heartbeat_age_seconds{{{labels}}} \d", text, re.MULTILINE)
    await run.fail("files", 77, failure={"reason": "AccessDenied", "message": "PutObject: 403"}, final=True)
    await run.phase("Failed")
    eventually(port, rf'^orgport_run_failed{{{labels},reason="AccessDenied"}} 1\.0$')
    cluster.kubectl("-n", namespace, "delete", "orgexport", "acme")
    gone = eventually(port, rf"{{{labels}", there=False)
    assert "orgport_resources_readable 1.0" in gone
    assert re.search(
        r'^orgport_reconcile_duration_seconds_count{kind="OrgExport",result="ok"} [1-9]', gone, re.MULTILINE
    )
    called = r'^orgport_api_request_duration_seconds_count{resource="orgexports/status",verb="patch"} [1-9]'
    assert re.search(called, gone, re.MULTILINE)
    assert "process_resident_memory_bytes" in gone
    assert scrape(port, "application/openmetrics-text; version=1.0.0").endswith("# EOF\n")
