"""Operators on the embedded cluster, as the controller's tests have them."""

from __future__ import annotations

from tests.integration.controller.conftest import create, kinds, kube, namespace, operator

__all__ = ["create", "kinds", "kube", "namespace", "operator"]
