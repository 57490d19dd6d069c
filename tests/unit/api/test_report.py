"""A report fits into a lease and into a termination message, whatever is in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgport.api.failures import Failure, shorten
from orgport.api.reasons import Reason
from orgport.api.report import LEASE_BYTES, TERMINATION_BYTES, Counters, PlanSummary, Report, failure_info, fitting
from orgport.api.status import ExportResult, FailureInfo, ImportResult, OrgInfo

MOST = 2**53


def text(longest: int) -> st.SearchStrategy[str]:
    """Texts that are short, or as long and as wide as a field takes."""
    wide = st.sampled_from(["x", "é", "\U0001f4e6", '"', "\x01", "\\"]).map(lambda letter: letter * longest)
    return st.one_of(st.text(max_size=min(longest, 50)), wide)


counters = st.builds(
    Counters, objects_done=st.integers(0, MOST), bytes_done=st.integers(0, MOST), bytes_total=st.just(MOST)
)
orgs = st.builds(OrgInfo, id=st.just("x" * 36), slug=text(100), name=text(200), db_version=text(16))
failures = st.builds(
    FailureInfo,
    reason=st.sampled_from(Reason),
    message=text(1024),
    suggestion=text(1024),
    keys=st.lists(text(1024), max_size=10),
)
exports = st.builds(ExportResult, location=text(2048), database=text(2048), manifest=text(2048), report=text(2048))
imports = st.builds(
    ImportResult,
    location=text(2048),
    report=text(2048),
    organizationID=st.just("x" * 36),
    warnings=st.lists(text(512), max_size=20),
)
reports = st.builds(
    Report,
    attempt=st.integers(1, 1000),
    step=st.sampled_from(["plan", "files", "database", "rollback"]),
    sequence=st.integers(0, MOST),
    stage=st.sampled_from(Reason),
    message=text(1024),
    counters=counters,
    bytes_per_second=st.integers(0, MOST),
    outcome=st.sampled_from(["Running", "Succeeded", "Failed"]),
    plan=st.none() | st.builds(PlanSummary, plan_sha256=st.just("0" * 64), org=st.none() | orgs, counters=counters),
    export_result=st.none() | exports,
    import_result=st.none() | imports,
    failure=st.none() | failures,
)


@pytest.mark.parametrize("limit", [LEASE_BYTES, TERMINATION_BYTES])
@settings(max_examples=60)
@given(report=reports)
def test_every_report_fits_and_is_read_back(limit: int, report: Report) -> None:
    line = fitting(report, limit)
    assert len(line.encode()) <= limit
    assert "\n" not in line
    back = Report.model_validate_json(line)
    assert (back.step, back.stage, back.counters, back.outcome) == (
        report.step,
        report.stage,
        report.counters,
        report.outcome,
    )


def test_a_report_that_fits_is_not_cut() -> None:
    report = Report(attempt=1, step="plan", stage=Reason.PLANNING, message="x" * 1000)
    assert Report.model_validate_json(fitting(report, LEASE_BYTES)) == report


def test_texts_are_cut_before_locations() -> None:
    result = ExportResult(location="s3://b/" + "p" * 500, manifest="s3://b/" + "m" * 500)
    report = Report(attempt=1, step="database", stage=Reason.EXPORTED, message="x" * 1024, export_result=result)
    back = Report.model_validate_json(fitting(report, LEASE_BYTES))
    assert back.export_result == result
    assert back.message.endswith("…")


def test_a_failure_in_a_status_shows_ten_keys_and_a_kilobyte() -> None:
    failure = Failure(Reason.OBJECTS_MISSING, "é" * 1000, keys=[f"{n}/" + "k" * 2000 for n in range(20)])
    shown = failure_info(failure, "plan")
    assert (len(shown.keys), shown.keys[0][:2], shown.step) == (10, "0/", "plan")
    assert len(shown.message.encode()) <= 1024


@given(st.text(), st.integers(3, 100))
def test_shortened_texts_fit_and_begin_alike(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short.encode()) <= limit
    assert short == text or text.startswith(short.removesuffix("…"))
