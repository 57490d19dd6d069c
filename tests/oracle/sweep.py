"""Every export that lies in a bucket, whoever made it, judged by the rules of Browsertrix's importer."""

from __future__ import annotations

import hashlib
import json

from tests.oracle import accepts
from tests.organizations import Installation


def unacceptable(installation: Installation) -> dict[str, list[str]]:
    """What is wrong with complete exports in the bucket of exports, by key; those changed since are left out."""
    found = {}
    for key in installation.exported():
        if key.endswith("/manifest.json"):
            problems = _problems(installation, key)
            found.update({key: problems} if problems else {})
    return found


def _problems(installation: Installation, manifest_key: str) -> list[str]:
    wanted = json.loads(installation.read_exported(manifest_key)).get("database")
    if not wanted:
        return []
    text_key = manifest_key.removesuffix("manifest.json") + "org-export.json"
    text = installation.read_exported(text_key) if text_key in installation.exported(text_key) else b""
    is_as_written = hashlib.sha256(text).hexdigest() == wanted["sha256"]
    return [str(violation) for violation in accepts(text)] if is_as_written else []
