"""Whose cluster may be touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.access import external, is_external
from tests.cluster.shell import ClusterError


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubeconfig, and a kubectl that says its context is "kind-test"."""
    (tmp_path / "kubectl").write_text("#!/bin/sh\necho kind-test\n")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "config").write_text("{}")
    return tmp_path / "config"


def test_a_cluster_whose_context_is_allowed_is_used_by_that_context(kubeconfig: Path) -> None:
    cluster = external({"KUBECONFIG": str(kubeconfig), "ORGPORT_CLUSTER_CONTEXTS": "other, kind-test"})
    assert (cluster.context, cluster.is_embedded) == ("kind-test", False)
    assert cluster.command[-2:] == ("--context", "kind-test")


@pytest.mark.parametrize("allowed", ["", "kind", "kind-test-2"])
def test_a_cluster_whose_context_is_not_allowed_is_refused(kubeconfig: Path, allowed: str) -> None:
    with pytest.raises(ClusterError, match="set ORGPORT_CLUSTER_CONTEXTS=kind-test"):
        external({"KUBECONFIG": str(kubeconfig), "ORGPORT_CLUSTER_CONTEXTS": allowed})


def test_without_a_kubeconfig_there_is_no_external_cluster(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="needs kubectl and the file"):
        external({"KUBECONFIG": str(tmp_path / "missing")})


def test_a_misspelt_kind_of_cluster_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGPORT_CLUSTER", "extrenal")
    with pytest.raises(ClusterError, match="embedded or external"):
        is_external()
