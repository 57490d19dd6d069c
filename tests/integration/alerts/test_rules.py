"""The alerts of the chart, judged by promtool: each fires when it should, and ends."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.promtool import promtool
from tests.unit.api.specs import ROOT
from tests.unit.controller.test_metrics import exposition
from tests.unit.controller.test_metrics_in_use import PANELS, targets

ALERTS = ROOT / "charts" / "orgport" / "files" / "alerts.yaml"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
RUN = 'kind="OrgExport",namespace="btrix",name="acme"'
HALF_A_DAY = 720


@pytest.fixture(scope="session")
def judge() -> Path:
    return promtool()


class Case(NamedTuple):
    """Series with a sample a minute, and minutes at which the alert fires and does not."""

    alert: str
    series: dict[str, str]
    firing: tuple[int, ...]
    silent: tuple[int, ...]


def run(name: str, **labels: str) -> str:
    more = "".join(f',{label}="{value}"' for label, value in labels.items())
    return f"orgport_run_{name}{{{RUN}{more}}}"


STANDING = {
    run("phase", phase="Running"): f"1+0x{HALF_A_DAY}",
    run("duration_seconds"): f"0+60x{HALF_A_DAY}",
    run("progress_objects"): f"1+0x{HALF_A_DAY}",
    run("progress_documents"): f"0+0x{HALF_A_DAY}",
}
LOOKS = 'orgport_reconcile_duration_seconds_count{kind="OrgExport",result="%s"}'
CALLS = 'orgport_api_request_duration_seconds_bucket{verb="list",resource="pods",le="%s"}'

CASES = {
    "the operator is gone for a while": Case(
        "OrgportDown", {'orgport_build_info{version="1"}': "1+0x5 _x34 1+0x20"}, (25, 38), (5, 14, 45)
    ),
    "the resources cannot be read for a while": Case(
        "OrgportCannotRead", {"orgport_resources_readable": "1+0x4 0+0x19 1+0x20"}, (16, 24), (4, 12, 26)
    ),
    "a run fails and is tried again": Case(
        "OrgportRunFailed", {run("failed", reason="AccessDenied"): "_x5 1+0x10 stale"}, (6, 15), (4, 17)
    ),
    "a failed rollback is more than a failed run": Case(
        "OrgportRunFailed", {run("failed", reason="RollbackFailed"): "1+0x10"}, (), (0, 5)
    ),
    "a rollback fails": Case(
        "OrgportRollbackFailed", {run("failed", reason="RollbackFailed"): "_x5 1+0x10 stale"}, (6, 15), (4, 17)
    ),
    "a run is not begun": Case(
        "OrgportRunPending", {run("phase", phase="Pending"): "1+0x20 0+0x10"}, (16, 20), (5, 14, 22)
    ),
    "a Secret is missing": Case(
        "OrgportRunBlocked", {run("waiting", reason="WaitingForSecret"): "1+0x20 stale"}, (16, 20), (5, 14, 22)
    ),
    "an archive is waited for, as the spec asks": Case(
        "OrgportRunBlocked", {run("waiting", reason="WaitingForArchive"): "1+0x60"}, (), (20, 60)
    ),
    "a pod is silent": Case(
        "OrgportRunSilent", {run("heartbeat_age_seconds"): "0+60x20 5+0x10"}, (17, 20), (5, 12, 22)
    ),
    "bytes stand still": Case(
        "OrgportRunNotMoving", {**STANDING, run("progress_bytes"): "0+9x60 540+0x200 600+9x60"}, (190, 255), (100, 270)
    ),
    "bytes move now and then": Case(
        "OrgportRunNotMoving",
        {**STANDING, run("progress_bytes"): "0+0x100 1+0x100 2+0x100 3+0x100"},
        (),
        (130, 250, 390),
    ),
    "a run that waits need not move": Case(
        "OrgportRunNotMoving",
        {
            **STANDING,
            run("progress_bytes"): f"0+0x{HALF_A_DAY}",
            run("waiting", reason="WaitingForArchive"): f"1+0x{HALF_A_DAY}",
        },
        (),
        (200, 700),
    ),
    "pods are evicted again and again": Case(
        "OrgportRunDisrupted", {run("disruptions"): "0+0x30 0+1x30 31+0x90"}, (60, 80), (30, 150)
    ),
    "most looks fail": Case(
        "OrgportReconcileErrors",
        {LOOKS % "ok": "0+1x120", LOOKS % "error": "0+9x60 540+0x60"},
        (35, 60),
        (10, 100),
    ),
    "some looks fail": Case(
        "OrgportReconcileErrors", {LOOKS % "ok": "0+9x120", LOOKS % "error": "0+1x120"}, (), (35, 60, 120)
    ),
    "calls take long": Case(
        "OrgportAPISlow",
        {
            CALLS % "5.0": "0+1x60 60+20x60",
            CALLS % "10.0": "0+20x120",
            CALLS % "+Inf": "0+20x120",
        },
        (35, 60),
        (10, 100),
    ),
}


def judged(judge: Path, folder: Path, tests: list[dict[str, Any]]) -> str:
    """What promtool says of the tests; "" if all is well."""
    file = folder / "tests.yaml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": tests}, width=10_000)
    )
    done = subprocess.run([judge, "test", "rules", file], text=True, capture_output=True, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def series_of(case: Case) -> dict[str, Any]:
    series = [{"series": name, "values": values} for name, values in case.series.items()]
    return {"interval": "1m", "input_series": series}


def questions(case: Case) -> list[dict[str, Any]]:
    """Whether the alert fires, at every minute of the case."""
    query = f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"}})'
    expected = [(minute, [{"value": 1}]) for minute in case.firing] + [(minute, []) for minute in case.silent]
    return [{"expr": query, "eval_time": f"{minute}m", "exp_samples": samples} for minute, samples in expected]


def test_every_alert_fires_and_ends(judge: Path, tmp_path: Path) -> None:
    tests = [{"name": name, **series_of(case), "promql_expr_test": questions(case)} for name, case in CASES.items()]
    assert judged(judge, tmp_path, tests) == ""


@pytest.mark.parametrize("name", ["a run fails and is tried again", "bytes move now and then"])
def test_a_case_that_expects_something_else_is_found_out(judge: Path, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    turned = case._replace(firing=case.silent, silent=case.firing)
    said = judged(judge, tmp_path, [{"name": name, **series_of(case), "promql_expr_test": questions(turned)}])
    assert "FAILED" in said
    assert case.alert in said


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    assert {case.alert for case in CASES.values() if case.firing} == {rule["alert"] for rule in RULES}


def test_the_words_name_the_run_and_the_reason(judge: Path, tmp_path: Path) -> None:
    (rule,) = (rule for rule in RULES if rule["alert"] == "OrgportRunFailed")
    case = CASES["a run fails and is tried again"]
    labels = {"kind": "OrgExport", "namespace": "btrix", "name": "acme", "reason": "AccessDenied"}
    summary = {"summary": "OrgExport btrix/acme has failed: AccessDenied."}
    fired = {"exp_labels": {**labels, **rule["labels"]}, "exp_annotations": rule["annotations"] | summary}
    asked = {"eval_time": "6m", "alertname": "OrgportRunFailed", "exp_alerts": [fired]}
    assert judged(judge, tmp_path, [{**series_of(case), "alert_rule_test": [asked]}]) == ""


def test_promtool_finds_no_fault_in_the_rules(judge: Path) -> None:
    done = subprocess.run([judge, "check", "rules", ALERTS], text=True, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_promtool_reads_every_query_of_the_dashboard(judge: Path, tmp_path: Path) -> None:
    queries = [target["expr"].replace("$namespace", ".*").replace("$kind", ".*") for target in dashboard_targets()]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "dashboard.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run([judge, "check", "rules", file], text=True, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def dashboard_targets() -> list[dict[str, Any]]:
    return [target for panel in PANELS for target in targets(panel)]


def test_promtool_finds_no_fault_in_the_metrics(judge: Path) -> None:
    """Their names, help, types and units."""
    done = subprocess.run(
        [judge, "check", "metrics"], input=exposition(), text=True, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
