"""Manifests of an installation: names and keys of Browsertrix's chart, and the two servers behind them."""

from __future__ import annotations

import json
from typing import Any

Manifest = dict[str, Any]

BUCKET, EXPORTS_BUCKET = "btrix-data", "org-exports"
EXPORTS_SECRET = "exports-s3"
DATABASE, STORAGE = "browsertrixcloud", "default"
MONGO_USER, MONGO_PASSWORD = "root", "PASSW@RD!"  # what must be percent-encoded in a URI, as in the chart's own default
ACCESS_KEY, SECRET_KEY = "ADMIN-of-minio", "PASSW0RD-of-minio"
MONGO_PORT, S3_PORT = 27017, 9000


def manifests(namespace: str, minio_image: str, ferretdb_image: str) -> list[Manifest]:
    """Everything of one installation but its namespace, buckets and documents."""
    objects = [
        secret("mongo-auth", mongo_auth()),
        secret("ops-configs", {"storages.json": json.dumps([storage()])}),
        secret(EXPORTS_SECRET, {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}),
        secret("minio-auth", {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY}),
        settings(namespace),
        service("local-mongo", MONGO_PORT),
        service("local-minio", S3_PORT),
        deployment("local-mongo", ferretdb(ferretdb_image)),
        deployment("local-minio", minio(minio_image)),
    ]
    for manifest in objects:
        manifest["metadata"]["namespace"] = namespace
    return objects


def mongo_auth() -> dict[str, str]:
    return {
        "MONGO_INITDB_ROOT_USERNAME": MONGO_USER,
        "MONGO_INITDB_ROOT_PASSWORD": MONGO_PASSWORD,
        "MONGO_HOST": "local-mongo",
        "MONGO_DB_URL": "",
    }


def storage() -> Manifest:
    """The one entry of storages.json, as the chart makes it for its own MinIO."""
    return {
        "name": STORAGE,
        "type": "s3",
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "bucket_name": BUCKET,
        "endpoint_url": f"http://local-minio:{S3_PORT}/",
        "is_default_primary": True,
    }


def settings(namespace: str) -> Manifest:
    data = {
        "DEFAULT_NAMESPACE": namespace,
        "CRAWLER_NAMESPACE": "crawlers",
        "BACKEND_ORIGIN": f"http://browsertrix-cloud-backend.{namespace}.svc.cluster.local:8000",
        "DEFAULT_ORG": "My Organization",
        "IS_LOCAL_MINIO": "1",
        "STORAGES_JSON": "/ops-configs/storages.json",
        "NUM_BROWSERS": "2",
        "MAX_BROWSER_WINDOWS": "8",
        "MAX_CRAWL_SCALE": "3",
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "backend-env-config"}, "data": data}


def secret(name: str, data: dict[str, str]) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}


def service(name: str, port: int) -> Manifest:
    spec = {"selector": {"app": name}, "ports": [{"port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def deployment(name: str, container: Manifest) -> Manifest:
    """One pod without rights, its data gone with it."""
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "data", "emptyDir": {}}],
    }
    spec = {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def minio(image: str) -> Manifest:
    arguments = ["server", "/data/objects", "--address", f":{S3_PORT}", "--certs-dir", "/data/certs"]
    probe = {"httpGet": {"path": "/minio/health/ready", "port": S3_PORT}}
    environment = [{"name": "MINIO_BROWSER", "value": "off"}]
    secrets = [{"secretRef": {"name": "minio-auth"}}]
    return container("minio", image, arguments, probe) | {"env": environment, "envFrom": secrets}


def ferretdb(image: str) -> Manifest:
    """FerretDB with users and SCRAM, as MongoDB has them; any failure of a log-in is a real one."""
    arguments = [
        "--handler=sqlite", "--sqlite-url=file:/data/", f"--listen-addr=:{MONGO_PORT}", "--debug-addr=-",
        "--state-dir=/data", "--telemetry=disable", "--log-level=ERROR", "--test-enable-new-auth",
        "--setup-database=admin", "--setup-username=$(MONGO_INITDB_ROOT_USERNAME)",
        "--setup-password=$(MONGO_INITDB_ROOT_PASSWORD)",
    ]  # fmt: skip
    probe = {"tcpSocket": {"port": MONGO_PORT}}
    return container("ferretdb", image, arguments, probe) | {"envFrom": [{"secretRef": {"name": "mongo-auth"}}]}


def container(name: str, image: str, arguments: list[str], probe: Manifest) -> Manifest:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": arguments,
        "readinessProbe": probe | {"periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
