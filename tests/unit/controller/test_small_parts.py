from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from kubernetes.aio.client.exceptions import ApiException

from orgport.api.failures import ADVISED, advised, unadvised
from orgport.api.reasons import MEANINGS, Reason
from orgport.api.report import Report
from orgport.api.status import StepName
from orgport.controller.apply import _refusal, event_manifest, merge_patch
from orgport.controller.decide import Event
from orgport.controller.decide.amounts import amount, duration, part
from orgport.controller.lease_news import LeaseNews
from orgport.controller.reports import Said, parse, read
from orgport.controller.settings import ControllerSettings
from orgport.controller.silence import Silences
from tests.unit.controller.resources import export_resource
from tests.unit.controller.simulation import merge

MANIFEST = {"kind": "Job", "metadata": {"name": "exp-acme"}}


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (2**20, "1 MiB"), (293 * 2**20, "293 MiB"), (2**70, "1048576 PiB")]
)
def test_amounts_are_told_in_the_largest_unit_that_fits(size: int, text: str) -> None:
    assert amount(size) == text


def test_a_part_is_told_in_the_unit_of_the_whole() -> None:
    assert part(1319413953331, 3141592653589) == "1.2/2.9 TiB"


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0s"), (40, "40s"), (720, "12m"), (5880, "1h38m"), (260_000, "3d0h")]
)
def test_durations_are_told_in_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1}, {"a": 1}),
        ({"a": 1, "b": {"c": 1, "d": 2}}, {"b": {"c": 3}}),
        ({}, {"a": [1], "b": {}}),
        ({"a": {"b": 1}}, {"a": [1]}),
    ],
)
def test_a_merge_patch_makes_one_status_of_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert merge(before, merge_patch(before, after)) == after


@pytest.mark.parametrize("reason", list(Reason))
def test_what_to_do_can_be_told_from_what_has_happened(reason: Reason) -> None:
    message = advised(reason, "something long " * 100)
    assert len(message.encode()) <= 1024
    assert (message.endswith(MEANINGS[reason].remedy)) == (reason in ADVISED)
    assert unadvised(reason, advised(reason, "0/3 nodes.")).rstrip(".") == "0/3 nodes"


def answer(status: int, message: str = "no", cause: str = "") -> ApiException:
    error = ApiException(status=status, reason="Refused")
    error.body = json.dumps({"message": message, "details": {"causes": [{"reason": cause}]}})
    return error


@pytest.mark.parametrize(
    ("error", "reason", "is_final"),
    [
        (answer(403, cause="NamespaceTerminating"), Reason.NAMESPACE_TERMINATING, True),
        (answer(403, "exceeded quota: pods"), Reason.QUOTA_EXCEEDED, False),
        (answer(403, "denied by a policy"), Reason.POD_CREATION_REFUSED, False),
        (answer(422, "limits.memory"), Reason.INVALID_SPEC, True),
        (answer(400, "quantities must match"), Reason.INVALID_SPEC, True),
    ],
)
def test_a_refusal_is_told_by_what_it_means(error: ApiException, reason: Reason, is_final: bool) -> None:
    refusal = _refusal(MANIFEST, error)
    assert refusal is not None
    assert (refusal.reason, refusal.is_final) == (reason, is_final)


@pytest.mark.parametrize("status", [404, 409, 429, 500, 503])
def test_a_fault_that_may_pass_is_no_refusal(status: int) -> None:
    assert _refusal(MANIFEST, answer(status)) is None


def test_an_event_that_tells_the_same_has_the_same_name() -> None:
    resource, now = export_resource(), datetime(2026, 11, 24, tzinfo=UTC)
    names = {
        event_manifest(resource, Event("Started", message, key), now)["metadata"]["name"]
        for message, key in (("one", "1-started"), ("another", "1-started"), ("one", "2-started"))
    }
    assert len(names) == 2


def test_a_report_counts_only_for_the_step_attempt_and_index_that_it_comes_from() -> None:
    text = Report(attempt=1, step="files", index=2, stage=Reason.COPYING_FILES).dump_json()
    assert len(read([Said(2, text)], "files", 1).found) == 1
    others: list[tuple[int, StepName, int]] = [(0, "files", 1), (2, "plan", 1), (2, "files", 2)]
    for index, step, attempt in others:
        reports = read([Said(index, text)], step, attempt)
        assert (reports.found, reports.invalid) == ((), 1)


def test_the_reports_of_a_later_pod_are_later_although_it_counts_anew() -> None:
    def said(second: int, sequence: int, index: int = 0) -> Said:
        report = Report(attempt=1, step="files", index=index, sequence=sequence, stage=Reason.COPYING_FILES)
        return Said(index, report.dump_json(), datetime(2026, 11, 24, 0, 0, second, 900_000 * sequence % 2, tzinfo=UTC))

    found = read([said(40, 2), said(9, 70), said(9, 71), said(3, 5, index=1)], "files", 1).found
    assert [report.sequence for report in found] == [5, 70, 71, 2]


def test_a_long_text_is_no_report_even_if_it_could_be_read() -> None:
    text = Report(attempt=1, step="files", stage=Reason.COPYING_FILES).dump_json()
    assert parse(text) is not None
    assert parse(text + " " * 5000) is None


def lease(renewal: str = "1", report: str = "") -> dict[str, Any]:
    metadata = {"name": "a", "uid": "u", "annotations": {"orgport.dev/report": report}}
    return {"metadata": metadata, "spec": {"renewTime": renewal, "holderIdentity": "pod"}}


def test_silence_is_counted_by_looks_and_ends_with_a_renewal() -> None:
    silences = Silences()
    assert silences.observe("run", [lease()], 0.0) == {"a": 0.0}
    assert silences.observe("run", [lease()], 60.0) == {"a": 60.0}
    assert silences.observe("run", [lease()], 100.0) == {"a": 100.0}
    assert silences.observe("run", [lease("2")], 130.0) == {"a": 0.0}


def test_a_gap_in_which_nothing_was_read_is_no_silence() -> None:
    silences = Silences()
    silences.observe("run", [lease()], 0.0)
    assert silences.observe("run", [lease()], 3600.0) == {"a": 90.0}


def test_a_new_stage_is_news_and_progress_is_less() -> None:
    news = LeaseNews()
    assert news.delay(lease()) is None
    assert news.delay(lease(report='{"stage":"Planning"}')) == 0.5
    assert news.delay(lease(report='{"stage":"Planning"}')) == 5.0
    assert news.delay(lease(report='{"stage":"WaitingForSecret"}')) == 0.5
    assert news.delay(lease(report="x" * 10_000)) == 0.5


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGPORT_WORKER_IMAGE", "registry/orgport:1")
    monkeypatch.setenv("ORGPORT_NAMESPACES", "a, b,")
    settings = ControllerSettings()
    assert (settings.worker_image, settings.namespaces) == ("registry/orgport:1", ("a", "b"))


def test_no_namespaces_mean_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGPORT_WORKER_IMAGE", "registry/orgport:1")
    monkeypatch.setenv("ORGPORT_NAMESPACES", "")
    assert ControllerSettings().namespaces == ()
