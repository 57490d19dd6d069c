"""The organization's webhooks by name, and its counters of bytes, as its records say."""

from __future__ import annotations

from tests.organizations.model import Document, Documents

HOOKS = (
    "crawlStarted", "crawlFinished", "crawlDeleted", "qaAnalysisStarted", "qaAnalysisFinished", "crawlReviewed",
    "uploadFinished", "uploadDeleted", "addedToCollection", "removedFromCollection", "collectionDeleted",
)  # fmt: skip


def bytes_stored(documents: Documents) -> Document:
    """The counters as the records say: QA files count as crawls, and every kind counts in the sum."""
    items = [item for item in documents["crawls"] if not item.get("deleted")]
    qa = [run for item in items for run in (item.get("qaFinished") or {}).values()]
    parts = {
        "bytesStoredCrawls": _files(items, "crawl") + sum(run["fileSize"] for run in qa),
        "bytesStoredUploads": _files(items, "upload"),
        "bytesStoredProfiles": _sizes(documents["profiles"], "resource"),
        "bytesStoredSeedFiles": sum(file["size"] for file in documents["file_uploads"]),
        "bytesStoredThumbnails": _sizes(documents["collections"], "thumbnail"),
        "bytesStoredDedupeIndexes": _sizes(documents["collections"], "indexFile"),
    }
    return {"bytesStored": sum(parts.values()), **parts}


def _files(items: list[Document], kind: str) -> int:
    return sum(item["fileSize"] for item in items if item.get("type") == kind)


def _sizes(documents: list[Document], part: str) -> int:
    return sum(document[part]["size"] for document in documents if document.get(part))
