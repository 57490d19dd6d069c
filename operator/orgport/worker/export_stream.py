"""The database part of an archive: the organization's documents written as one JSON."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO

from orgport.archive import layout
from orgport.archive.batches import split
from orgport.archive.encoding import encode
from orgport.archive.writing import HELD, ExportWriter, Written
from orgport.browsertrix.sections import ORGANIZATION, Section
from orgport.browsertrix.settings import Settings
from orgport.worker.context import Context
from orgport.worker.export_changes import Marks
from orgport.worker.export_claim import Archive
from orgport.worker.export_lines import PIECE, Few, Lines, Many, Taker
from orgport.worker.export_origin import Origin, organization_to_write
from orgport.worker.export_records import FIXED, MANY, Records, chunks, sections_of
from orgport.worker.export_references import References

SPOOL_BYTES = 1 << 20


@dataclass
class Stream:
    """One writing of the JSON: what went into it, and marks by which a change is found."""

    records: Records
    references: References
    written: Written
    members_without_account: int = 0
    running: list[str] = field(default_factory=list)
    """Items without an end."""
    marks: Marks = field(default_factory=Marks)

    @property
    def held(self) -> dict[str, int]:
        counts = self.written.documents
        return {name.removeprefix(HELD): count for name, count in counts.items() if name.startswith(HELD)}


@dataclass
class Streaming:
    """The writing of a stream under way."""

    context: Context
    settings: Settings
    writer: ExportWriter
    stream: Stream
    stack: ExitStack
    spools: dict[str, IO[bytes]] = field(default_factory=dict)
    count: int = 0

    async def section(self, section: Section) -> None:
        """All documents of the section; those that Browsertrix would refuse are kept for later."""
        await self.writer.section(section.name)
        records, taker = self.stream.records, self._taker(section)
        for keys in records.keys(section):
            async for batch in records.read(section, keys):
                for piece in chunks(split(batch), PIECE):
                    await self._take(section, taker.lines(piece))
                    self._progress(len(piece))
        if section in FIXED:
            # What was deleted since the ids were fixed takes its pages along.
            records.ids[section.name] = self.stream.marks.keys(section)

    async def held(self) -> None:
        """What was kept."""
        for name, spool in self.spools.items():
            await self.writer.section(HELD + name)
            spool.seek(0)
            for line in spool:
                await self.writer.add_lines(line.rstrip(b"\n"), 1)

    def _taker(self, section: Section) -> Taker:
        stream, settings = self.stream, self.settings
        if section in MANY:
            return Many(section, settings, stream.marks, stream.records.org_id)
        return Few(section, settings, stream.marks, stream.records, stream.references, stream.running)

    async def _take(self, section: Section, lines: Lines) -> None:
        await self.writer.add_lines(lines.text, lines.count)
        for line in lines.held:
            self._spool(section.name).write(line + b"\n")

    def _spool(self, name: str) -> IO[bytes]:
        if name not in self.spools:
            spool = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  # the stack closes it
            self.spools[name] = self.stack.enter_context(spool)
        return self.spools[name]

    def _progress(self, documents: int) -> None:
        self.count += documents
        progress = self.context.progress
        # A second writing must not make the progress go back.
        progress.documents_done = max(progress.documents_done, self.count)
        progress.documents_total = max(progress.documents_total, progress.documents_done)


async def write_stream(
    context: Context, archive: Archive, settings: Settings, origin: Origin, records: Records, references: References
) -> Stream:
    """Write org-export.json. It is there, whole, when this returns; a failure leaves none."""
    spec = context.task.export_spec.database
    organization, left_out = await organization_to_write(records.database, origin, spec.redact)
    sections = sections_of(spec)
    with ExitStack() as stack:
        async with archive.bucket.writer(archive.key(layout.DATABASE), content_type=layout.JSON_TYPE) as sink:

            async def write(data: bytes) -> None:
                await context.fence.may_write()
                await sink.write(data)

            writer = ExportWriter(write)
            stream = Stream(records, references, Written(0, "", {}), left_out)
            streaming = Streaming(context, settings, writer, stream, stack)
            references.foreign = records.foreign
            references.add(ORGANIZATION, origin.document)
            stream.marks.organization = encode(organization)
            await writer.begin(origin.db_version, organization)
            for section in sections:
                await streaming.section(section)
            await streaming.held()
            stream.written = await writer.finish()
            await context.fence.may_write()
    references.check()
    return stream
