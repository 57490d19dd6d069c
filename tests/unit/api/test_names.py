"""Names of a run fit where Kubernetes puts them, and differ where they must."""

from __future__ import annotations

import pytest

from orgport.api.crd import NAME_LENGTH
from orgport.api.names import KINDS, account_name, job_name, lease_name, run_hash

LONGEST = "x" * NAME_LENGTH


@pytest.mark.parametrize("step", ["plan", "files", "database", "rollback"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_pod_of_the_longest_job_still_fits_into_a_label(kind: str, step: str) -> None:
    job = job_name(kind, LONGEST, step, "uid", 1000)
    assert len(lease_name(job, 63)) <= 63


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_account_fits_into_a_label(kind: str) -> None:
    assert len(account_name(kind, LONGEST, "uid", 1000)) <= 63


def test_another_attempt_and_another_resource_of_the_same_name_have_other_names() -> None:
    assert len({run_hash(uid, attempt) for uid in ("a", "b") for attempt in (1, 2)}) == 4


def test_names_are_the_same_after_a_restart() -> None:
    assert job_name("OrgExport", "acme", "files", "uid", 1) == "exp-acme-files-" + run_hash("uid", 1)
    assert run_hash("uid", 1) == "df59627b"
