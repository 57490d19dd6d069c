"""Resources as the API server has them after their creation, and what workers report of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orgport.api.names import API_VERSION

Object = dict[str, Any]
SHA = "a" * 64

PLAN: Object = {
    "planSHA256": SHA,
    "org": {"id": "0" * 36, "slug": "acme", "name": "Acme", "dbVersion": "0058"},
    "counters": {
        "objectsTotal": 100,
        "objectsPresent": 7,
        "bytesTotal": 100 * 2**20,
        "documentsTotal": 500,
    },
}
EXPORT_RESULT: Object = {"location": "s3://exports/", "manifest": "s3://exports/m", "objects": 107}
IMPORT_RESULT: Object = {"location": "s3://files/", "organizationID": "0" * 36, "objects": 107}
DENIED: Object = {
    "failure": {"reason": "AccessDenied", "message": "PutObject: 403", "suggestion": "allow it", "keys": ["k"]},
    "final": True,
}
UNREACHABLE: Object = {
    "failure": {"reason": "EndpointUnreachable", "message": "connect: timed out", "suggestion": "mend it"},
}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def export_resource(**spec: Any) -> Object:
    """An OrgExport as the API server has it after its creation."""
    location = {"bucket": "exports", "credentials": {"secretRef": {"name": "s3"}}}
    return _resource("OrgExport", {"org": {"slug": "acme"}, "destination": location, **spec})


def import_resource(**spec: Any) -> Object:
    """An OrgImport as the API server has it after its creation."""
    source = {"bucket": "exports", "export": "acme-1", "credentials": {"secretRef": {"name": "s3"}}}
    return _resource("OrgImport", {"source": source, **spec})


def _resource(kind: str, spec: Object) -> Object:
    metadata = {"name": "acme-1", "namespace": "btrix", "uid": f"uid-{kind}", "generation": 1, "resourceVersion": "1"}
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
        "status": {"observedGeneration": -1},
    }
