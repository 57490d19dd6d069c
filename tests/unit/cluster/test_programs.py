"""What the embedded cluster's programs are compiled from."""

from __future__ import annotations

import pytest

from tests.cluster.binaries import PACKAGES, linker_flags
from tests.cluster.settings import SOURCES
from tests.cluster.shell import ClusterError


def test_kubernetes_says_the_version_that_go_mod_pins() -> None:
    flags = linker_flags("require (\n\tk8s.io/kubectl v0.0.0\n\tk8s.io/kubernetes v1.35.4\n)\n")
    assert "gitVersion=v1.35.4" in flags
    assert "gitMinor=35" in flags


def test_a_go_mod_without_kubernetes_is_refused() -> None:
    with pytest.raises(ClusterError, match=r"k8s\.io/kubernetes"):
        linker_flags("module empty\n")


def test_every_program_is_a_folder_here_or_a_tool_of_go_mod() -> None:
    go_mod = (SOURCES / "go.mod").read_text()
    for package in PACKAGES.values():
        if package.startswith("./"):
            assert (SOURCES / package / "main.go").is_file()
        else:
            assert f"\t{package}\n" in go_mod.split("tool (")[1].split(")")[0]
