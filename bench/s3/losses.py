"""What a tool has lost: keys, content, and what belongs to objects."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.organizations.buckets import THREADS, Store

SAMPLE = 200
"""Of so many objects everything is looked at; of all of them, key and size."""


def losses(source: Store, source_place: str, target: Store, target_place: str) -> dict[str, int]:
    """How many objects lack what: "keys", "sizes", and of a sample "types", "metadata" and "tags"."""
    ours, theirs = _listed(source, source_place), _listed(target, target_place)
    lost = Counter(keys=len(ours.keys() - theirs.keys()))
    lost["sizes"] = sum(theirs[key] != size for key, size in ours.items() if key in theirs)
    common = sorted(ours.keys() & theirs.keys())
    sample = common[:: max(len(common) // SAMPLE, 1)]
    with source.client() as one, target.client() as other, ThreadPoolExecutor(THREADS) as threads:
        facts = threads.map(lambda key: (_facts(one, source_place, key), _facts(other, target_place, key)), sample)
        for here, there in facts:
            lost.update(name for name, value in here.items() if value != there[name])
    return {name: count for name, count in lost.items() if count}


def _listed(store: Store, place: str) -> dict[str, int]:
    bucket, _, prefix = place.partition("/")
    with store.client() as client:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {each["Key"].removeprefix(prefix): each["Size"] for page in pages for each in page.get("Contents", [])}


def _facts(client: Any, place: str, key: str) -> dict[str, Any]:
    bucket, _, prefix = place.partition("/")
    head = client.head_object(Bucket=bucket, Key=prefix + key)
    tags = client.get_object_tagging(Bucket=bucket, Key=prefix + key)["TagSet"]
    metadata = {name: value for name, value in head["Metadata"].items() if name != "mtime"}
    return {"types": head["ContentType"], "metadata": metadata, "tags": sorted(map(str, tags)), "ETags": head["ETag"]}
