"""The smallest organization that has one of everything, as a bare JSON with its objects."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

OID = UUID("7b1d2f7e-3a59-4c7a-9b58-0d5f0a6b1c2d")
OWNER = "11111111-1111-4111-8111-111111111111"
PROFILE = "22222222-2222-4222-8222-222222222222"
WORKFLOW = "33333333-3333-4333-8333-333333333333"
REVISION = "44444444-4444-4444-8444-444444444444"
PAGE = "55555555-5555-4555-8555-555555555555"
COLLECTION = "66666666-6666-4666-8666-666666666666"
SEED_FILE = "77777777-7777-4777-8777-777777777777"
LOG = "88888888-8888-4888-8888-888888888888"
ITEM = "manual-20240701120000-33333333-333"
CREATED = "2024-07-01T12:00:00Z"

OBJECTS = {
    f"{OID}/profiles/profile.tar.gz": b"a profile",
    f"{OID}/one.wacz": b"a crawl",
    f"{OID}/seedFiles/seeds.txt": b"https://example.org/",
}
ALONE = {f"{OID}/nobody's.wacz": b"without a record"}


def small_export() -> dict[str, Any]:
    """The members of `data`."""
    return {
        "dbVersion": "0058",
        "org": {
            "name": "Small Café",
            "slug": "small",
            "users": {},
            "storage": {"name": "default", "custom": False},
            "subscription": {"subId": "sub-1", "status": "active", "planId": "basic"},
            "userDetails": [{"id": OWNER, "role": 40, "name": "Olga", "email": "Olga@example.org"}],
            "_id": str(OID),
        },
        "profiles": [{**_record(PROFILE), "userid": OWNER, "name": "p", "resource": _file("profiles/profile.tar.gz")}],
        "workflows": [
            {
                **_record(WORKFLOW),
                "name": "w",
                "schedule": "0 3 * * 1",
                "modifiedBy": OWNER,
                "config": {"seeds": None, "seedFileId": SEED_FILE},
                "browserWindows": 2,
                "crawlerChannel": "default",
            }
        ],
        "workflowRevisions": [{"_id": REVISION, "cid": WORKFLOW, "modifiedBy": OWNER, "rev": 0, "browserWindows": 2}],
        "items": [
            {
                **_record(ITEM),
                "type": "crawl",
                "cid": WORKFLOW,
                "userid": OWNER,
                "state": "complete",
                "started": CREATED,
                "finished": CREATED,
                "files": [_file("one.wacz")],
                "collectionIds": [COLLECTION],
            }
        ],
        "pages": [{**_record(PAGE), "crawl_id": ITEM, "url": "https://example.org/"}],
        "collections": [{**_record(COLLECTION), "name": "c", "slug": "c", "access": "private"}],
        "fileUploads": [{**_record(SEED_FILE), "type": "seedFile", "userid": OWNER, **_file("seedFiles/seeds.txt")}],
        "crawlLogs": [{**_record(LOG), "crawlId": ITEM, "timestamp": CREATED, "message": "m"}],
    }


def as_json(data: dict[str, Any]) -> bytes:
    return json.dumps({"data": data}).encode()


def small_files(data: dict[str, Any] | None = None) -> dict[str, bytes]:
    """The JSON, by default the unchanged one, and the objects, as they lie below the prefix."""
    return {"export.json": as_json(data or small_export()), **OBJECTS, **ALONE}


def _record(identifier: str) -> dict[str, Any]:
    return {"_id": identifier, "oid": str(OID), "created": CREATED}


def _file(name: str) -> dict[str, Any]:
    key = f"{OID}/{name}"
    body = OBJECTS[key]
    return {
        "filename": key,
        "hash": hashlib.sha256(body).hexdigest(),
        "size": len(body),
        "storage": {"name": "default", "custom": False},
        "replicas": [],
    }
