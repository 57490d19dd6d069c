"""What a pod of the files step finds: an installation's bucket, an archive's bucket, and the plan of an export."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from orgport.api.plan import Leg, Plan, WorkList
from orgport.api.reasons import Reason
from orgport.api.report import Counters
from orgport.api.status import OrgInfo
from orgport.api.task import Task
from orgport.stores.s3 import Bucket
from orgport.transfer.worklists import WorkItem, encode_line
from orgport.worker.context import Context, Progress
from orgport.worker.inputs import MappingInputs
from orgport.worker.tables import WorkTable

RUN = "archive/exports/move/run/"
SERVER_SIDE = Leg(source="storage:default", destination="location", server_side=True, conditional=True)
STREAMED = SERVER_SIDE.model_copy(update={"server_side": False})


@dataclass
class World:
    """`endpoint`: where the pod reaches both buckets; those here may be reached elsewhere."""

    endpoint: str
    source: Bucket
    archive: Bucket
    leg: Leg = SERVER_SIDE

    async def seed(self, count: int) -> list[WorkItem]:
        items = []
        for number in range(count):
            key, body = f"org/{number:03} ü", f"object {number}".encode()
            etag = await self.source.write(key, body, content_type="application/wacz")
            sha256 = hashlib.sha256(body).hexdigest()
            items.append(WorkItem(0, key, f"archive/{key}", len(body), etag, sha256))
        return items

    async def plan(self, items: list[WorkItem], pods: int = 1) -> str:
        """Writes plan and work lists; the plan's SHA-256."""
        lists = []
        with closing(WorkTable()) as table:
            for item in items:
                table.add(item)
            parts = [list(part) for part in table.split(pods)]
        for number, part in enumerate(parts):
            body, key = b"".join(map(encode_line, part)), f"{RUN}work-{number}.ndjson"
            await self.archive.write(key, body)
            sha256 = hashlib.sha256(body).hexdigest()
            lists.append(WorkList(key=key, sha256=sha256, objects=len(part), bytes=sum(item.size for item in part)))
        org = OrgInfo(id="o", slug="org", name="Org")
        plan = Plan(uid="uid", org=org, legs=[self.leg], work_lists=lists, counters=Counters())
        await self.archive.write(RUN + "plan.json", plan.dump_json().encode())
        return hashlib.sha256(plan.dump_json().encode()).hexdigest()

    def context(self, plan_sha256: str, index: int = 0, **options: Any) -> Context:
        task = Task.model_validate(self.task(plan_sha256, **options))
        inputs = MappingInputs(self.secrets)
        return Context(task, inputs, Progress(Reason.COPYING_FILES), index=index, waits_for_inputs=False)

    def task(self, plan_sha256: str, **options: Any) -> dict[str, Any]:
        destination = {
            "bucket": self.archive.name,
            "prefix": "archive/",
            "endpoint": self.endpoint,
            "credentials": {"secretRef": {"name": "archive"}},
        }
        return {
            "kind": "OrgExport",
            "namespace": "n",
            "name": "move",
            "uid": "uid",
            "attempt": 1,
            "step": "files",
            "job": "job",
            "spec": {"org": {"slug": "org"}, "destination": destination, "files": options},
            "planSHA256": plan_sha256,
        }

    @property
    def secrets(self) -> dict[str, dict[str, str]]:
        connection = self.source.connection
        access_key, secret_key = connection.access_key or "", connection.secret_key or ""
        storage = {
            "name": "default",
            "type": "s3",
            "endpoint_url": f"{self.endpoint}/{self.source.name}/",
            "is_default_primary": True,
            "access_key": access_key,
            "secret_key": secret_key,
        }
        return {
            "archive": {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key},
            "ops-configs": {"storages.json": json.dumps([storage])},
        }
