"""Export and import without servers: documents as a database has them, the JSON of them, and what an import stores."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from orgport.archive.reading import HELD, ORGANIZATION
from orgport.archive.writing import ExportWriter
from orgport.browsertrix import sections
from orgport.browsertrix.decoding import decode
from orgport.browsertrix.held import presentable, refusal
from orgport.browsertrix.normalise import Options, is_left_behind
from orgport.browsertrix.organization import exported_organization, members
from orgport.browsertrix.sections import EXTRA_SECTIONS, UPSTREAM_SECTIONS, Section, by_name
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.storage_refs import map_storages
from orgport.browsertrix.upgrades import UpgradeContext
from orgport.browsertrix.users import map_users
from orgport.worker.import_preparation import Preparation
from tests.unit.imports.layouts import read

Document = dict[str, Any]
VERSION, SETTINGS = "0058", Settings()
BSON: CodecOptions[Document] = CodecOptions(tz_aware=True, uuid_representation=UuidRepresentation.STANDARD)


@dataclass(frozen=True)
class Stored:
    """An organization as a database has it."""

    organization: Document
    accounts: Sequence[Document] = ()
    documents: Mapping[Section, Sequence[Document]] = field(default_factory=dict)


def exported(stored: Stored) -> bytes:
    """The JSON of it."""

    async def write() -> bytes:
        pieces: list[bytes] = []

        async def sink(data: bytes) -> None:
            pieces.append(data)

        writer, held = ExportWriter(sink), dict[Section, list[Document]]()
        await writer.begin(VERSION, exported_organization(stored.organization, stored.accounts))
        for section in (*UPSTREAM_SECTIONS, *EXTRA_SECTIONS):
            await writer.section(section.name)
            for document in stored.documents.get(section, ()):
                rule = refusal(section, document, SETTINGS)
                if rule is None:
                    await writer.add(presentable(section, document))
                else:
                    held.setdefault(section, []).append({"rule": rule, "document": presentable(section, document)})
        for section, entries in held.items():
            await writer.section(f"{HELD}.{section.name}")
            for entry in entries:
                await writer.add(entry)
        await writer.finish()
        return b"".join(pieces)

    return asyncio.run(write())


def imported(text: bytes, accounts: Sequence[Document] = ()) -> Stored:
    """What an import stores where schedules are kept, and accounts and storages stay what they were."""
    found = read(text)
    organization = next(each.document for each in found if each.section == ORGANIZATION)
    decode(sections.ORGANIZATION, organization)
    context = UpgradeContext(org_id=organization["_id"], source_sha256="0" * 64)
    preparation = Preparation(VERSION, context, SETTINGS, Options(suspend_schedules=False))
    documents: dict[Section, list[Document]] = {}
    for each in found:
        section = by_name.get(each.section)
        if section is None or section is sections.ORGANIZATION:
            continue
        preparation.prepare(section, each.document, held=each.held)
        if not is_left_behind(section, each.document):
            documents.setdefault(section, []).append(_settled(section, each.document))
    return Stored(_organization(preparation, organization), accounts, documents)


def _settled(section: Section, document: Document) -> Document:
    """As the database gives it back."""
    map_users(section, document, Same())
    map_storages(section, document, str, frozenset(("default", "replica", "gone")))
    return bson.decode(bson.encode(document, codec_options=BSON), codec_options=BSON)


def _organization(preparation: Preparation, exported: Document) -> Document:
    _settled(sections.ORGANIZATION, exported)
    roles = {member["id"]: member["role"] for member in members(exported)}
    made = preparation.organization(exported, members=roles, storage=exported["storage"]["name"])
    return bson.decode(bson.encode(made, codec_options=BSON), codec_options=BSON)


class Same(dict[UUID, UUID]):
    """Everybody is who they were."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: UUID) -> UUID:
        return key
