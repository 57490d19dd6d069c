"""Which objects the organization's records name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.references import Reference, object_key, references
from orgport.browsertrix.sections import ORGANIZATION, Section
from orgport.browsertrix.storage_refs import storage_names
from orgport.browsertrix.storages import Storage, find
from orgport.worker.export_origin import Origin
from orgport.worker.export_records import Records
from orgport.worker.export_tables import Wanted, WantedTable


@dataclass
class References:
    """The references of all records that were added."""

    org_id: str
    org_storage: str
    """Where an object is whose record names no storage."""
    storages: Sequence[Storage]
    wanted: WantedTable = field(default_factory=WantedTable)
    foreign: set[str] = field(default_factory=set)
    """Those to objects that are not the organization's, which were left out."""
    custom: list[str] = field(default_factory=list)
    """Records in custom storages of the organization's own."""

    def add(self, section: Section, document: dict[str, Any]) -> None:
        """Remember what the document names."""
        record = f"{section.name}/{document.get('_id')}"
        if any(custom for _, custom in storage_names(section, document)):
            self.custom.append(record)
            return
        for reference in references(section, document):
            self._add(section, document, reference)

    def _add(self, section: Section, document: dict[str, Any], reference: Reference) -> None:
        key = key_of(reference, self.org_id, self.storages)
        if key is not None:
            storage = reference.storage or self.org_storage
            self.wanted.add(_wanted(reference, storage, key, section, document))

    def close(self) -> None:
        self.wanted.close()

    def check(self) -> None:
        """CUSTOM_STORAGE_UNSUPPORTED with the records, or UNKNOWN_STORAGE."""
        if self.custom:
            raise Failure(
                Reason.CUSTOM_STORAGE_UNSUPPORTED,
                f"{len(self.custom)} records lie in custom storages of the organization's own",
                keys=self.custom,
            )
        for name in sorted(self.wanted.storages()):
            find(self.storages, name)


def _wanted(reference: Reference, storage: str, key: str, section: Section, document: dict[str, Any]) -> Wanted:
    return Wanted(
        storage=storage,
        key=key,
        size=reference.size,
        sha256=reference.sha256,
        replicas=reference.replicas,
        section=section.name,
        document=document["_id"],
    )


def key_of(reference: Reference, org_id: str, storages: Sequence[Storage]) -> str | None:
    """The object's key, "<org id>/..."; None if it is not the organization's."""
    urls = [storage.url for storage in storages if storage.name == reference.storage]
    return object_key(reference, org_id, urls)


async def collect(records: Records, origin: Origin, found: References, sections: Iterable[Section]) -> None:
    """Add the references of every record of these sections."""
    found.foreign = records.foreign
    found.add(ORGANIZATION, origin.document)
    for section in sections:
        if not section.files:
            continue
        async for document in records.documents(section):
            found.add(section, document)
    found.check()
