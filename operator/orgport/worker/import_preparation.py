"""What is done to a document before it goes in: types, upgrades, and values that the target can live with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.decoding import decode, decode_held
from orgport.browsertrix.held import refusal
from orgport.browsertrix.normalise import Options, normalise
from orgport.browsertrix.organization import imported_organization
from orgport.browsertrix.references import rewrite_urls
from orgport.browsertrix.sections import ORGANIZATION, REVISIONS, Section
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.upgrades import UpgradeContext, survey, upgrade
from orgport.worker.context import Context
from orgport.worker.places import Places

MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError)
"""What upgrades run into where a document is not what its section's are."""
NO_SHA256 = "0" * 64


@dataclass
class Preparation:
    """Prepares the documents of one export, in the order in which they come."""

    version: str
    context: UpgradeContext
    settings: Settings
    options: Options
    endpoint_urls: Sequence[str] = ()

    def prepare(self, section: Section, document: dict[str, Any], *, held: bool = False) -> list[str]:
        """Adapt the document in place; returns warnings. EXPORT_CORRUPT if it is not what it should be.

        Held ones, which Browsertrix's own rules refuse, are taken as they are where they cannot be adapted.
        """
        self.type(section, document, held=held)
        try:
            upgrade(section, document, self.version, self.context)
            if section.files:
                rewrite_urls(section, document, str(self.context.org_id), self.endpoint_urls)
            return normalise(section, document, self.settings, self.options)
        except MISSHAPEN:
            if not held:
                raise self.misshapen(section, document) from None
            return [f"{section.name}/{document['_id']} has an unusual shape and is taken as it is"]

    def organization(self, document: dict[str, Any], **members: Any) -> dict[str, Any]:
        """The organization's document as the target stores it; `members` are those of `imported_organization`.

        EXPORT_CORRUPT if Browsertrix could not read it.
        """
        wishes: dict[str, Any] = {"members": {}, "storage": "", **members}
        try:
            upgrade(ORGANIZATION, document, self.version, self.context)
            made = imported_organization(document, **wishes)
        except MISSHAPEN:
            raise self.misshapen(ORGANIZATION, document) from None
        if refusal(ORGANIZATION, made, self.settings):
            raise self.misshapen(ORGANIZATION, made)
        return made

    def type(self, section: Section, document: dict[str, Any], *, held: bool = False) -> None:
        """Give the document its types, in place, and see that it is of this organization."""
        (decode_held if held else decode)(section, document)
        if section in (ORGANIZATION, REVISIONS):
            return
        if document.get("oid") is None:
            document["oid"] = self.context.org_id
        if document["oid"] != self.context.org_id:
            identifier = str(document["_id"])
            raise Failure(
                Reason.EXPORT_CORRUPT,
                f"{section.name} {identifier}: oid is another organization's, {document['oid']}",
                keys=[identifier],
            )

    def survey(self, section: Section, document: dict[str, Any], *, held: bool = False) -> None:
        """Learn from the document what others before it need."""
        self.type(section, document, held=held)
        try:
            survey(section, document, self.context)
        except MISSHAPEN:
            if not held:
                raise self.misshapen(section, document) from None

    def misshapen(self, section: Section, document: dict[str, Any]) -> Failure:
        """Why nothing can be made of the document: the rule of Browsertrix's that it breaks."""
        rule = refusal(section, document, self.settings) or "a member is of the wrong type"
        identifier = str(document["_id"])
        return Failure(Reason.EXPORT_CORRUPT, f"{section.name} {identifier}: {rule}", keys=[identifier])


def preparation_of(
    context: Context, places: Places, organization: UUID, version: str, target_version: str, sha256: str = NO_SHA256
) -> Preparation:
    """The preparation that an import's spec and its target ask for; `sha256` is the JSON's."""
    upgrades = UpgradeContext(
        org_id=organization,
        source_sha256=sha256,
        num_browsers=places.settings.num_browsers,
        target_version=target_version,
    )
    options = Options(context.task.import_spec.schedules == "Suspend")
    return Preparation(version, upgrades, places.settings, options, [storage.url for storage in places.storages])
