"""Specs that both the models and the API server are asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[3]
UUID = "4c880741-c1b7-47ae-b825-3fb15d52a760"
CREDENTIALS = {"secretRef": {"name": "exports-s3"}}
LOCATION = {"bucket": "org-exports", "endpoint": "https://s3.example.org", "credentials": CREDENTIALS}
EXPORT: dict[str, Any] = {"org": {"slug": "acme"}, "destination": LOCATION}
IMPORT: dict[str, Any] = {"source": {**LOCATION, "export": "acme-2026-11"}}
MINIMAL = {"OrgExport": EXPORT, "OrgImport": IMPORT}


def resource(kind: str, spec: dict[str, Any], name: str = "acme-2026-11") -> dict[str, Any]:
    return {"apiVersion": "orgport.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def examples() -> list[dict[str, Any]]:
    """Every OrgExport and OrgImport of `examples/`."""
    documents = [
        doc for path in sorted(ROOT.glob("examples/**/*.yaml")) for doc in yaml.safe_load_all(path.read_text())
    ]
    return [document for document in documents if document["kind"] in MINIMAL]


def name_of(document: dict[str, Any]) -> str:
    """The name, or what the API server makes one of."""
    metadata = document["metadata"]
    return str(metadata.get("name") or metadata["generateName"])


class Case(NamedTuple):
    """A spec that the API server refuses."""

    kind: str
    spec: dict[str, Any]
    message: str
    model_refuses: bool = True
    """Whether the model does, too; it judges neither what only pods need nor repetitions."""


def _export(**changes: Any) -> dict[str, Any]:
    return {**EXPORT, **changes}


def _to(**changes: Any) -> dict[str, Any]:
    return {**EXPORT, "destination": {**LOCATION, **changes}}


def _from(**changes: Any) -> dict[str, Any]:
    source = {**LOCATION, "export": "acme-2026-11", **changes}
    return {"source": {key: value for key, value in source.items() if value is not None}}


def _worker(**changes: Any) -> dict[str, Any]:
    return _export(worker=changes)


_NO_CREDENTIALS = {"bucket": "org-exports"}
_ONE_OF = "give exactly one of spec.org.slug and spec.org.id"
_ONE_SOURCE = "give exactly one of spec.source.export (an archive's name) and spec.source.database (a JSON's key)"
_KMS = "encryption.kmsKeyID is needed with encryption.type SSE-KMS, and only then"
_ENDPOINT = "endpoint must be an http or https URL, such as https://s3.example.org"
_RESERVED = "worker.labels must not set role, btrix.*, orgport.dev/* or batch.kubernetes.io/*"
_JSON_KEY = "database must be the key of a JSON below prefix"

REJECTED: dict[str, Case] = {
    "both slug and id": Case("OrgExport", _export(org={"slug": "acme", "id": UUID}), _ONE_OF),
    "neither slug nor id": Case("OrgExport", _export(org={}), _ONE_OF),
    "no org": Case("OrgExport", {"destination": LOCATION}, "spec.org: Required value"),
    "no destination": Case("OrgExport", {"org": {"slug": "acme"}}, "spec.destination: Required value"),
    "a slug with a slash": Case("OrgExport", _export(org={"slug": "a/b"}), "spec.org.slug"),
    "an id that is no UUID": Case("OrgExport", _export(org={"id": "acme"}), "spec.org.id"),
    "a prefix without a slash": Case("OrgExport", _to(prefix="acme"), "prefix must be empty or end in '/'"),
    "a prefix that begins with one": Case("OrgExport", _to(prefix="/acme/"), "prefix must not begin with '/'"),
    "a prefix that climbs": Case("OrgExport", _to(prefix="a/../b/"), "prefix must not contain a '.' or '..' segment"),
    "a prefix that stays": Case("OrgExport", _to(prefix="./"), "prefix must not contain a '.' or '..' segment"),
    "a prefix that is too long": Case("OrgExport", _to(prefix="a" * 256 + "/"), "spec.destination.prefix: Too long"),
    "an endpoint of another scheme": Case("OrgExport", _to(endpoint="ftp://s3.example.org"), _ENDPOINT),
    "an endpoint without scheme": Case("OrgExport", _to(endpoint="s3.example.org"), _ENDPOINT),
    "an endpoint without host": Case("OrgExport", _to(endpoint="https://"), _ENDPOINT),
    "a bucket in capitals": Case("OrgExport", _to(bucket="Exports"), "spec.destination.bucket"),
    "no credentials": Case(
        "OrgExport", _export(destination=_NO_CREDENTIALS), "spec.destination.credentials is missing", False
    ),
    "no credentials of an import": Case(
        "OrgImport", {"source": {**_NO_CREDENTIALS, "export": "a"}}, "spec.source.credentials is missing", False
    ),
    "an unknown field": Case("OrgExport", _export(destinatoin={}), 'unknown field "spec.destinatoin"'),
    "an unknown field deep down": Case("OrgExport", _to(regoin="x"), 'unknown field "spec.destination.regoin"'),
    "no content": Case("OrgExport", _export(content=[]), "spec.content"),
    "unknown content": Case("OrgExport", _export(content=["Everything"]), 'supported values: "Files", "Database"'),
    "content twice": Case("OrgExport", _export(content=["Files", "Files"]), "spec.content[1]: Duplicate value", False),
    "too many pods": Case("OrgExport", _export(files={"parallelism": 65}), "spec.files.parallelism"),
    "no pod": Case("OrgExport", _export(files={"parallelism": 0}), "spec.files.parallelism"),
    "a text for a number": Case("OrgExport", _export(attempt="second"), "spec.attempt"),
    "SSE-KMS without key": Case("OrgExport", _to(encryption={"type": "SSE-KMS"}), _KMS),
    "a KMS key without SSE-KMS": Case("OrgExport", _to(encryption={"kmsKeyID": "alias/a"}), _KMS),
    "a storage class of a source": Case(
        "OrgImport", _from(storageClass="STANDARD"), 'unknown field "spec.source.storageClass"'
    ),
    "encryption of a source": Case(
        "OrgImport", _from(encryption={"type": "SSE-S3"}), 'unknown field "spec.source.encryption"'
    ),
    "label role": Case("OrgExport", _worker(labels={"role": "background-job"}), _RESERVED),
    "a label of Browsertrix": Case("OrgExport", _worker(labels={"btrix.org": "x"}), _RESERVED),
    "a label of orgport": Case("OrgExport", _worker(labels={"orgport.dev/kind": "x"}), _RESERVED),
    "a label of Jobs": Case("OrgExport", _worker(labels={"batch.kubernetes.io/job-name": "x"}), _RESERVED),
    "a label with a space": Case("OrgExport", _worker(labels={"a b": "x"}), "worker.labels has a key"),
    "an annotation with a space": Case("OrgExport", _worker(annotations={"a b": "x"}), "worker.annotations has a key"),
    "a node label with a space": Case("OrgExport", _worker(nodeSelector={"a b": "x"}), "worker.nodeSelector has a key"),
    "a label value with a space": Case("OrgExport", _worker(labels={"a": "x y"}), "spec.worker.labels.a"),
    "a toleration of nothing": Case("OrgExport", _worker(tolerations=[{}]), "without key needs operator Exists"),
    "a toleration with needless value": Case(
        "OrgExport", _worker(tolerations=[{"key": "a", "operator": "Exists", "value": "b"}]), "takes no value"
    ),
    "a toleration with needless seconds": Case(
        "OrgExport", _worker(tolerations=[{"key": "a", "tolerationSeconds": 9}]), "needs effect NoExecute"
    ),
    "an amount that is none": Case(
        "OrgExport", _worker(resources={"limits": {"memory": "lots"}}), "spec.worker.resources.limits.memory"
    ),
    "neither archive nor JSON": Case("OrgImport", {"source": LOCATION}, _ONE_SOURCE),
    "both archive and JSON": Case("OrgImport", _from(database="a.json"), _ONE_SOURCE),
    "a pinned JSON": Case(
        "OrgImport",
        _from(export=None, database="a.json", manifestSHA256="0" * 64),
        "spec.source.manifestSHA256 pins an archive",
    ),
    "a JSON's key with a slash in front": Case("OrgImport", _from(export=None, database="/a.json"), _JSON_KEY),
    "a JSON's key that climbs": Case("OrgImport", _from(export=None, database="../a.json"), _JSON_KEY),
    "an archive's name with a dot": Case("OrgImport", _from(export="a.b"), "spec.source.export"),
    "a source's prefix without slash": Case("OrgImport", _from(prefix="acme"), "prefix must be empty or end in '/'"),
    "a storage mapped twice": Case(
        "OrgImport",
        {**IMPORT, "storageMapping": [{"from": "a", "to": "b"}, {"from": "a", "to": "c"}]},
        "spec.storageMapping[1]: Duplicate value",
        False,
    ),
    "a storage's name with a slash": Case("OrgImport", {**IMPORT, "target": {"storage": "a/b"}}, "spec.target.storage"),
}

ACCEPTED: dict[str, tuple[str, dict[str, Any]]] = {
    "the shortest export": ("OrgExport", EXPORT),
    "the shortest import": ("OrgImport", IMPORT),
    "an id": ("OrgExport", _export(org={"id": UUID})),
    "a slug beyond ASCII": ("OrgExport", _export(org={"slug": "société-générale_2"})),
    "empty objects": ("OrgExport", _export(source={}, files={}, database={}, worker={"resources": {"limits": {}}})),
    "a part of a source": ("OrgExport", _export(source={"database": {"uriKey": "uri"}, "storages": {"key": "s.json"}})),
    "ambient credentials": (
        "OrgExport",
        _export(destination={"bucket": "org-exports"}, worker={"serviceAccountName": "exporter"}),
    ),
    "SSE-KMS": ("OrgExport", _to(encryption={"type": "SSE-KMS", "kmsKeyID": "alias/a"})),
    "an endpoint with port": ("OrgExport", _to(endpoint="http://local-minio.demo-source:9000", prefix="a/b c/")),
    "amounts as numbers": ("OrgExport", _worker(resources={"requests": {"cpu": 1}, "limits": {"memory": "1.5Gi"}})),
    "a toleration of everything": ("OrgExport", _worker(tolerations=[{"operator": "Exists"}])),
    "a bare JSON": ("OrgImport", _from(export=None, database="backups/org-export.json")),
    "new names": ("OrgImport", {**IMPORT, "org": {"name": "Acme 2", "slug": "acme-2"}}),
}
