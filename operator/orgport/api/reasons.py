"""The closed list of reasons: every word that a condition or a failure may give, with its cause and its remedy.

`docs/reasons.md` is generated from this file.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a run is where it is."""

    # while it runs
    PLANNING = "Planning"
    COPYING_FILES = "CopyingFiles"
    EXPORTING_DATABASE = "ExportingDatabase"
    IMPORTING_DATABASE = "ImportingDatabase"
    ROLLING_BACK = "RollingBack"
    WAITING_FOR_ARCHIVE = "WaitingForArchive"
    WAITING_FOR_SECRET = "WaitingForSecret"
    WAITING_FOR_LEASE = "WaitingForLease"
    POD_UNSCHEDULABLE = "PodUnschedulable"
    POD_CREATION_REFUSED = "PodCreationRefused"
    IMAGE_PULL_FAILED = "ImagePullFailed"
    QUOTA_EXCEEDED = "QuotaExceeded"
    NODE_LOST = "NodeLost"
    SUSPENDED = "Suspended"
    RETRYING_STEP = "RetryingStep"
    # success
    EXPORTED = "Exported"
    IMPORTED = "Imported"
    ALREADY_EXPORTED = "AlreadyExported"
    ALREADY_IMPORTED = "AlreadyImported"
    PLANNED = "Planned"
    # failure
    INVALID_SPEC = "InvalidSpec"
    ORGANIZATION_NOT_FOUND = "OrganizationNotFound"
    ORGANIZATION_EXISTS = "OrganizationExists"
    NAME_TAKEN = "NameTaken"
    SLUG_TAKEN = "SlugTaken"
    SUBSCRIPTION_TAKEN = "SubscriptionTaken"
    IDENTIFIER_COLLISION = "IdentifierCollision"
    OBJECT_CONFLICT = "ObjectConflict"
    FOREIGN_KEY = "ForeignKey"
    UNKNOWN_STORAGE = "UnknownStorage"
    CUSTOM_STORAGE_UNSUPPORTED = "CustomStorageUnsupported"
    VERSION_MISMATCH = "VersionMismatch"
    EXPORT_NOT_FOUND = "ExportNotFound"
    EXPORT_INCOMPLETE = "ExportIncomplete"
    EXPORT_CORRUPT = "ExportCorrupt"
    MANIFEST_MISMATCH = "ManifestMismatch"
    DESTINATION_OCCUPIED = "DestinationOccupied"
    ACCESS_DENIED = "AccessDenied"
    CREDENTIALS_REJECTED = "CredentialsRejected"
    BUCKET_NOT_FOUND = "BucketNotFound"
    ENDPOINT_UNREACHABLE = "EndpointUnreachable"
    DATABASE_UNREACHABLE = "DatabaseUnreachable"
    DATABASE_AUTHENTICATION_FAILED = "DatabaseAuthenticationFailed"
    OBJECTS_MISSING = "ObjectsMissing"
    VERIFICATION_FAILED = "VerificationFailed"
    SOURCE_CHANGED = "SourceChanged"
    KEY_REFUSED = "KeyRefused"
    OUT_OF_MEMORY = "OutOfMemory"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    BACKOFF_LIMIT_EXCEEDED = "BackoffLimitExceeded"
    JOB_DISAPPEARED = "JobDisappeared"
    NAME_CONFLICT = "NameConflict"
    NAMESPACE_TERMINATING = "NamespaceTerminating"
    ROLLBACK_FAILED = "RollbackFailed"
    INTERNAL = "Internal"


class Exit:
    """Exit codes of a worker: sysexits' where they fit. All but RETRY and INTERRUPTED end the step at once."""

    USAGE = 64
    DATA = 65
    NO_INPUT = 66
    RETRY = 75
    NO_PERMISSION = 77
    CONFIGURATION = 78
    INTERRUPTED = 143

    FINAL = (USAGE, DATA, NO_INPUT, NO_PERMISSION, CONFIGURATION)


class Meaning(NamedTuple):
    """What a reason says: a sentence, what usually causes it, what to do; and, of a failure, the exit code."""

    meaning: str
    cause: str
    remedy: str
    exit_code: int | None = None


_R, _X = Reason, Exit

MEANINGS: dict[Reason, Meaning] = {
    _R.PLANNING: Meaning("The plan step compares both sides.", "The run has just begun.", "Wait."),
    _R.COPYING_FILES: Meaning("The files step copies objects.", "The plan is made.", "Wait; see status.progress."),
    _R.EXPORTING_DATABASE: Meaning("The records are being written to JSON.", "The files are copied.", "Wait."),
    _R.IMPORTING_DATABASE: Meaning("The records are being inserted.", "The files are copied.", "Wait."),
    _R.ROLLING_BACK: Meaning(
        "What a failed import inserted is being deleted.", "A step failed for good.", "Wait; the failure is in status."
    ),
    _R.WAITING_FOR_ARCHIVE: Meaning(
        "The archive's manifest is not there yet.",
        "The export in the other cluster has not finished.",
        "Wait, or look at the export; spec.source.waitSeconds bounds the wait.",
    ),
    _R.WAITING_FOR_SECRET: Meaning(
        "A Secret or a key of it is missing.",
        "It has not been applied yet, or its name or key is misspelt.",
        "Create the Secret with the key that the message names; the run goes on by itself.",
    ),
    _R.WAITING_FOR_LEASE: Meaning(
        "Another pod of this step may still be running.", "Its node was lost.", "Wait a minute for its lease to expire."
    ),
    _R.POD_UNSCHEDULABLE: Meaning(
        "No node takes the pod.",
        "Requests, node selector or taints leave no node.",
        "Change spec.worker, or add a node.",
    ),
    _R.POD_CREATION_REFUSED: Meaning(
        "The API server refuses the pod.",
        "Pod Security, an admission policy, or a missing ServiceAccount.",
        "Do what the message says; the Job tries again by itself.",
    ),
    _R.IMAGE_PULL_FAILED: Meaning(
        "The worker's image cannot be pulled.",
        "A wrong image, or no pull secret.",
        "Set worker.imagePullSecrets, or mend the image in the operator's chart.",
    ),
    _R.QUOTA_EXCEEDED: Meaning(
        "A quota of the namespace refuses the pod.",
        "The namespace is full.",
        "Raise the quota or lower worker.resources.",
    ),
    _R.NODE_LOST: Meaning(
        "The pod's node does not answer.",
        "The node is down.",
        "Delete the node, or taint it node.kubernetes.io/out-of-service; the Job then replaces the pod.",
    ),
    _R.SUSPENDED: Meaning("The run is paused.", "spec.suspend is true.", "Set spec.suspend to false."),
    _R.RETRYING_STEP: Meaning(
        "A pod failed, was evicted or was deleted, and the step is tried again.",
        "A passing fault; see the message.",
        "Wait.",
    ),
    _R.EXPORTED: Meaning("The archive is complete.", "All steps succeeded.", "See status.result."),
    _R.IMPORTED: Meaning("The organization is in the target.", "All steps succeeded.", "See status.result."),
    _R.ALREADY_EXPORTED: Meaning(
        "A complete archive of this name and spec was there already; nothing was written.",
        "The manifest was applied again.",
        "Use another metadata.name to make a new archive.",
    ),
    _R.ALREADY_IMPORTED: Meaning(
        "This archive was imported before and the organization is there; nothing was written.",
        "The manifest was applied again.",
        "Nothing. To import again, delete the organization first.",
    ),
    _R.PLANNED: Meaning("The dry run is done.", "spec.dryRun is true.", "See status.progress for the totals."),
    _R.INVALID_SPEC: Meaning(
        "The resource cannot be run as written.", "See the message.", "Create a new resource.", _X.USAGE
    ),
    _R.ORGANIZATION_NOT_FOUND: Meaning(
        "The source has no such organization.",
        "A misspelt slug, or another installation's database.",
        "Check spec.org against the source's organizations.",
        _X.NO_INPUT,
    ),
    _R.ORGANIZATION_EXISTS: Meaning(
        "The target already holds documents of this organization.",
        "It was imported or created before, or an unfinished import of another tool is left.",
        "Delete the organization at the target, or import elsewhere.",
        _X.DATA,
    ),
    _R.NAME_TAKEN: Meaning(
        "Another organization of the target has this name.",
        "Names are unique without regard to case and accents.",
        "Set spec.org.name.",
        _X.DATA,
    ),
    _R.SLUG_TAKEN: Meaning(
        "Another organization of the target has this slug.", "Slugs are unique.", "Set spec.org.slug.", _X.DATA
    ),
    _R.SUBSCRIPTION_TAKEN: Meaning(
        "Another organization of the target has this subscription.",
        "subscription.subId is unique.",
        "Add Subscription to spec.drop.",
        _X.DATA,
    ),
    _R.IDENTIFIER_COLLISION: Meaning(
        "Documents of other organizations have ids of this one's.",
        "The target once held a copy under another organization.",
        "See failure.keys; remove those documents or import into another installation.",
        _X.DATA,
    ),
    _R.OBJECT_CONFLICT: Meaning(
        "The target's storage holds other content under keys of this organization.",
        "An older copy of the organization lies there.",
        "See failure.keys; move those objects away. orgport never overwrites.",
        _X.DATA,
    ),
    _R.FOREIGN_KEY: Meaning(
        "A record refers to an object outside its organization.",
        "A record that was edited by hand, or an archive that is not to be trusted.",
        "See failure.keys; mend the records at the source and export again.",
        _X.DATA,
    ),
    _R.UNKNOWN_STORAGE: Meaning(
        "A storage that is named does not exist.",
        "spec.target.storage, spec.storageMapping or a record names a storage that storages.json lacks.",
        "Name one of the storages that the message lists.",
        _X.CONFIGURATION,
    ),
    _R.CUSTOM_STORAGE_UNSUPPORTED: Meaning(
        "Records lie in a custom storage of the organization's own.",
        "Browsertrix's custom storages.",
        "Move the records that failure.keys names to a storage of the installation.",
        _X.CONFIGURATION,
    ),
    _R.VERSION_MISMATCH: Meaning(
        "The export's database version does not fit the target's.",
        "The source runs a newer Browsertrix, or versionPolicy is Equal.",
        "Upgrade the target's Browsertrix, or allow spec.versionPolicy Upgrade.",
        _X.DATA,
    ),
    _R.EXPORT_NOT_FOUND: Meaning(
        "There is no such archive or JSON.",
        "A wrong bucket, prefix or name, or the export has not begun.",
        "Check spec.source; set waitSeconds to wait for an export that runs elsewhere.",
        _X.NO_INPUT,
    ),
    _R.EXPORT_INCOMPLETE: Meaning(
        "The archive has no manifest, or lacks a part that the manifest names.",
        "The export failed or still runs, or files of the archive were deleted.",
        "Let the export finish, or export again.",
        _X.DATA,
    ),
    _R.EXPORT_CORRUPT: Meaning(
        "The archive's content is broken.",
        "Truncated or changed files, or a JSON that is none of Browsertrix's.",
        "Export again; the message says where it breaks.",
        _X.DATA,
    ),
    _R.MANIFEST_MISMATCH: Meaning(
        "The archive is not the one that was pinned, or not what its manifest says.",
        "It was replaced or changed.",
        "Compare spec.source.manifestSHA256 with the export's status.result.manifestSHA256.",
        _X.DATA,
    ),
    _R.DESTINATION_OCCUPIED: Meaning(
        "Another run's archive of this name lies at the destination.",
        "The name was used for another organization or spec.",
        "Choose another metadata.name or destination.prefix.",
        _X.DATA,
    ),
    _R.ACCESS_DENIED: Meaning(
        "The store refuses an operation.",
        "The credentials lack a permission.",
        "Allow the operations that the suggestion lists.",
        _X.NO_PERMISSION,
    ),
    _R.CREDENTIALS_REJECTED: Meaning(
        "The store does not know the access key, or the signature is wrong.",
        "A wrong or expired key.",
        "Mend the Secret that the message names.",
        _X.NO_PERMISSION,
    ),
    _R.BUCKET_NOT_FOUND: Meaning(
        "The bucket does not exist.",
        "A misspelt bucket or endpoint.",
        "Create the bucket, or mend the spec.",
        _X.CONFIGURATION,
    ),
    _R.ENDPOINT_UNREACHABLE: Meaning(
        "The store does not answer.",
        "A wrong endpoint, DNS, a NetworkPolicy, or an outage.",
        "Check the endpoint and that pods of this namespace may reach it.",
        _X.RETRY,
    ),
    _R.DATABASE_UNREACHABLE: Meaning(
        "The database does not answer.",
        "A wrong host, DNS, a NetworkPolicy, or an outage.",
        "Check the Secret of spec.source.database or spec.target.database.",
        _X.RETRY,
    ),
    _R.DATABASE_AUTHENTICATION_FAILED: Meaning(
        "The database refuses the user.",
        "A wrong user name or password.",
        "Mend the Secret that the message names.",
        _X.NO_PERMISSION,
    ),
    _R.OBJECTS_MISSING: Meaning(
        "Objects that records refer to are not in the source, or have another size.",
        "They were deleted, or the bucket is not the right one.",
        "See failure.keys and failures.ndjson; restore them, or set spec.files.missing to Report.",
        _X.DATA,
    ),
    _R.VERIFICATION_FAILED: Meaning(
        "What was copied is not what the source holds.",
        "The destination was changed meanwhile, or a store returned wrong bytes.",
        "See failure.keys; run again by raising spec.attempt.",
        _X.DATA,
    ),
    _R.SOURCE_CHANGED: Meaning(
        "A referenced object kept changing while it was copied.",
        "A crawl or profile writes it.",
        "Export when the organization is at rest; raise spec.attempt.",
        _X.DATA,
    ),
    _R.KEY_REFUSED: Meaning(
        "A store does not take a key that another store has.",
        "Stores differ in the keys they allow: MinIO has none with //, nor with . or .. between slashes.",
        "See failure.keys; rename these objects at the source, or choose a store that takes them.",
        _X.DATA,
    ),
    _R.OUT_OF_MEMORY: Meaning(
        "The worker was killed for its memory.",
        "worker.resources.limits.memory is too low for the concurrency.",
        "Raise the limit or lower spec.files.concurrency.",
    ),
    _R.DEADLINE_EXCEEDED: Meaning(
        "The run took longer than allowed.",
        "activeDeadlineSeconds is too short.",
        "Raise spec.activeDeadlineSeconds and spec.attempt; it resumes.",
    ),
    _R.BACKOFF_LIMIT_EXCEEDED: Meaning(
        "A step failed more often than backoffLimit allows.",
        "See the message for the last failure.",
        "Mend the cause, then raise spec.attempt; it resumes.",
    ),
    _R.JOB_DISAPPEARED: Meaning(
        "A Job of the run was deleted by someone else.",
        "kubectl delete job, or a clean-up tool.",
        "Raise spec.attempt; it resumes.",
    ),
    _R.NAME_CONFLICT: Meaning(
        "An object of another owner has the name that the run needs.",
        "A left-over of a resource with the same name.",
        "Delete the object that the message names, or use another metadata.name.",
    ),
    _R.NAMESPACE_TERMINATING: Meaning(
        "The namespace is being deleted.", "kubectl delete namespace.", "Create the resource in another namespace."
    ),
    _R.ROLLBACK_FAILED: Meaning(
        "The rollback of a failed import failed too; the rest is invisible in the target.",
        "See the message.",
        "Raise spec.attempt to import again over it.",
        _X.DATA,
    ),
    _R.INTERNAL: Meaning("A fault of orgport's own.", "See the worker's log.", "Report it, with the log.", _X.RETRY),
}
