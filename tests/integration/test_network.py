"""Requests to Services that nobody stands behind stay on this machine."""

from __future__ import annotations

import socket

import pytest

from tests.cluster.access import Cluster

pytestmark = pytest.mark.cluster

NOBODYS = "10.96.255.254"


def test_an_address_of_no_service_is_refused(cluster: Cluster) -> None:
    if not cluster.is_embedded:
        pytest.skip("how KUBECONFIG's cluster treats such an address is its own matter")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((NOBODYS, 9000), timeout=5)
