"""Where data lies: Secrets, S3 locations and installations of Browsertrix, as a spec names them."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from orgport.api.model import Model, Rule

ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
DataKey = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]


class SecretRef(Model):
    """A Secret in the resource's namespace."""

    name: ObjectName
    """Its name."""


class ConfigMapRef(Model):
    """A ConfigMap in the resource's namespace."""

    name: ObjectName
    """Its name."""


class CABundle(Model):
    """Certificates, in PEM, that are trusted beside the public ones."""

    config_map_ref: ConfigMapRef
    """The ConfigMap that holds them."""
    key: DataKey = "ca.crt"
    """The key in it."""


class Credentials(Model):
    """An access key for S3, in a Secret."""

    secret_ref: SecretRef
    """The Secret that holds both parts."""
    access_key_id_key: Annotated[DataKey, Field(alias="accessKeyIDKey")] = "AWS_ACCESS_KEY_ID"
    """The key of the access key's id."""
    secret_access_key_key: DataKey = "AWS_SECRET_ACCESS_KEY"
    """The key of the secret access key."""


def is_web_url(text: str) -> bool:
    """Whether it is an absolute http or https URL with a host."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


class S3Location(Model):
    """A prefix of a bucket."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.endpoint) || (isURL(self.endpoint) && url(self.endpoint).getScheme() in ['http', 'https'] && "
            "url(self.endpoint).getHost() != '')",
            "endpoint must be an http or https URL, such as https://s3.example.org",
            lambda self: self.endpoint is None or is_web_url(self.endpoint),
            ".endpoint",
        ),
        Rule(
            "self.prefix == '' || self.prefix.endsWith('/')",
            "prefix must be empty or end in '/': write acme/ instead of acme",
            lambda self: not self.prefix or self.prefix.endswith("/"),
            ".prefix",
        ),
        Rule(
            "!self.prefix.startsWith('/')",
            "prefix must not begin with '/': write acme/ instead of /acme/",
            lambda self: not self.prefix.startswith("/"),
            ".prefix",
        ),
        Rule(
            "!self.prefix.matches('(^|/)[.]{1,2}/')",
            "prefix must not contain a '.' or '..' segment: write the path that you mean",
            lambda self: not re.search(r"(^|/)[.]{1,2}/", self.prefix),
            ".prefix",
        ),
    )

    bucket: Annotated[str, Field(min_length=3, max_length=63, pattern=r"^[a-z0-9][a-z0-9._-]*[a-z0-9]$")]
    """The bucket."""
    prefix: Annotated[str, Field(max_length=256)] = ""
    """Where in the bucket: empty, or a path that ends in "/"."""
    endpoint: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    """The store's URL; absent: AWS."""
    region: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[-a-zA-Z0-9]+$")] | None = None
    """The region; absent: us-east-1, or what the worker's environment says."""
    addressing_style: Literal["Auto", "Path", "Virtual"] = "Auto"
    """Where the bucket's name goes: Auto takes the path with an endpoint, and the host name on AWS."""
    credentials: Credentials | None = None
    """Absent: ambient ones of worker.serviceAccountName (IRSA, workload identity)."""
    ca_bundle: CABundle | None = None
    """Certificates to trust for this endpoint."""

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


class Encryption(Model):
    """Server-side encryption of what is written."""

    rules = (
        Rule(
            "has(self.kmsKeyID) == (has(self.type) && self.type == 'SSE-KMS')",
            "encryption.kmsKeyID is needed with encryption.type SSE-KMS, and only then",
            lambda self: (self.kms_key_id is not None) == (self.type == "SSE-KMS"),
        ),
    )

    type: Literal["None", "SSE-S3", "SSE-KMS"] = "None"
    """None leaves it to the bucket's default."""
    kms_key_id: Annotated[str | None, Field(alias="kmsKeyID", min_length=1, max_length=2048)] = None
    """The key for SSE-KMS: id, ARN or alias."""


class Destination(S3Location):
    """A prefix of a bucket, and how what is written there is kept."""

    storage_class: Annotated[str, Field(max_length=64, pattern=r"^[A-Z0-9_]*$")] = ""
    """The storage class of what is written; empty: the destination's default."""
    encryption: Encryption = Encryption()
    """Server-side encryption of what is written."""


class Database(Model):
    """Browsertrix's MongoDB."""

    secret_ref: SecretRef = SecretRef(name="mongo-auth")
    """MONGO_DB_URL if it is not empty, else MONGO_INITDB_ROOT_USERNAME, MONGO_INITDB_ROOT_PASSWORD and MONGO_HOST."""
    uri_key: DataKey | None = None
    """The one key that holds a MongoDB URI, instead."""
    name: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[-_a-zA-Z0-9]+$")] = "browsertrixcloud"
    """The database."""


class Storages(Model):
    """Browsertrix's own list of storages."""

    secret_ref: SecretRef = SecretRef(name="ops-configs")
    """The Secret that holds it."""
    key: DataKey = "storages.json"
    """The key in it."""


class Config(Model):
    """Browsertrix's settings: NUM_BROWSERS, MAX_BROWSER_WINDOWS and others; the ConfigMap may be absent."""

    config_map_ref: ConfigMapRef = ConfigMapRef(name="backend-env-config")
    """The ConfigMap."""


class Installation(Model):
    """A Browsertrix; every default names what its chart makes in the resource's namespace."""

    database: Database = Database()
    """Its database."""
    storages: Storages = Storages()
    """Its storages."""
    config: Config = Config()
    """Its settings."""
    ca_bundle: CABundle | None = None
    """Certificates to trust for its database and storages."""
