"""Names of the objects of a run: deterministic, so that making one twice is found out by the API server."""

from __future__ import annotations

import hashlib
from typing import Literal

GROUP, VERSION = "orgport.dev", "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
Kind = Literal["OrgExport", "OrgImport"]
KINDS: tuple[Kind, Kind] = ("OrgExport", "OrgImport")
PLURALS: dict[str, str] = {"OrgExport": "orgexports", "OrgImport": "orgimports"}
ABBREVIATIONS: dict[str, str] = {"OrgExport": "exp", "OrgImport": "imp"}

LABEL_KIND, LABEL_NAME, LABEL_STEP = f"{GROUP}/kind", f"{GROUP}/name", f"{GROUP}/step"
ANNOTATION_REPORT = f"{GROUP}/report"

SECRETS_FOLDER = "/etc/orgport/secrets"
"""Where a worker finds Secrets: <folder>/<Secret>/<key>."""
CONFIG_MAPS_FOLDER = "/etc/orgport/configmaps"
"""Where a worker finds ConfigMaps: <folder>/<ConfigMap>/<key>."""


def run_hash(uid: str, attempt: int) -> str:
    """Eight hex digits that tell one attempt of one resource from every other."""
    return hashlib.sha256(f"{uid}/{attempt}".encode()).hexdigest()[:8]


def job_name(kind: str, name: str, step: str, uid: str, attempt: int) -> str:
    """At most 60 characters for a 38-character name, so that an Indexed Job's "-63" still fits into a label."""
    return f"{ABBREVIATIONS[kind]}-{name}-{step}-{run_hash(uid, attempt)}"


def lease_name(job: str, index: int) -> str:
    """The lease of one pod of a Job."""
    return f"{job}-{index}"


def account_name(kind: str, name: str, uid: str, attempt: int) -> str:
    """The ServiceAccount, Role and RoleBinding of an attempt."""
    return f"{ABBREVIATIONS[kind]}-{name}-{run_hash(uid, attempt)}"
