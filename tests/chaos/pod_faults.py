"""What befalls a pod, or the resource that it works for. Each returns when the held pod is gone or goes on."""

from __future__ import annotations

import json
import secrets
import time
from base64 import b64decode, b64encode

from tests.chaos.containers import identity, kill, run_out_of_memory
from tests.chaos.lanes import Lane
from tests.chaos.trial import Trial
from tests.cluster_runs.runs import Resource

GONE_SECONDS = 100.0
PROJECTED_SECONDS = 90.0
"""A kubelet brings changed Secrets into running pods within a minute and its sync period."""
POLL_SECONDS = 0.25


def kill_worker(lane: Lane, trial: Trial) -> None:
    pod = trial.pod(lane)
    kill(identity(pod))
    until_ended(lane, pod)


def run_worker_out_of_memory(lane: Lane, trial: Trial) -> None:
    pod = trial.pod(lane)
    run_out_of_memory(identity(pod))
    ended = until_ended(lane, pod)
    assert reason_of_end(ended) == "OOMKilled", ended


def delete_pod(lane: Lane, trial: Trial) -> None:
    pod = trial.pod(lane)
    lane.site.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=false")
    until_ended(lane, pod)


def evict_pod(lane: Lane, trial: Trial) -> None:
    pod = trial.pod(lane)
    metadata = {"name": pod["metadata"]["name"], "namespace": lane.site.namespace}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/eviction"
    lane.site.cluster.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))
    until_ended(lane, pod)


def suspend_and_resume(lane: Lane, trial: Trial) -> None:
    pod = trial.pod(lane)
    suspend(lane, trial, suspended=True)
    until_ended(lane, pod)
    lane.site.runs.until(trial.place.kind, trial.name, lambda status: status["phase"] == "Suspended")
    suspend(lane, trial, suspended=False)


def suspend(lane: Lane, trial: Trial, *, suspended: bool) -> None:
    patch = json.dumps({"spec": {"suspend": suspended}})
    lane.site.kubectl("patch", trial.place.kind, trial.name, "--type=merge", "-p", patch)


def reapply(lane: Lane, trial: Trial) -> None:
    pod = trial.pod(lane)
    lane.site.runs.delete(trial.place.kind, trial.name)
    until_ended(lane, pod)
    trial.apply(lane)


def rotate_secrets(lane: Lane, trial: Trial) -> None:
    """New keys of the store in every Secret; a while later the store takes no others, as a careful change goes."""
    key = secrets.token_urlsafe(24)
    own = ("exports-s3",) if trial.place.kind == "OrgExport" else ()  # an import reads another store's exports
    for name in ("ops-configs", "minio-auth", *own):
        replace_in_secret(lane, name, lane.site.store.secret_key, key)
    time.sleep(PROJECTED_SECONDS)
    lane.crash("store")
    lane.rekey(key)
    lane.until_ready("store")


def replace_in_secret(lane: Lane, name: str, old: str, new: str) -> None:
    data = lane.site.cluster.get(lane.site.namespace, "secret", name)["data"]
    changed = {key: b64encode(b64decode(value).replace(old.encode(), new.encode())) for key, value in data.items()}
    patch = {"data": {key: value.decode() for key, value in changed.items()}}
    lane.site.kubectl("patch", "secret", name, "--type=merge", "-p", json.dumps(patch))


def until_ended(lane: Lane, pod: Resource) -> Resource:
    """The pod when its container has ended; as it was last seen, if it is gone."""
    deadline = time.monotonic() + GONE_SECONDS
    selector, uid = f"orgport.dev/name={pod['metadata']['labels']['orgport.dev/name']}", pod["metadata"]["uid"]
    while True:
        pods = lane.site.cluster.list(lane.site.namespace, "pods", selector)
        found = [each for each in pods if each["metadata"]["uid"] == uid]
        if not found:
            return pod
        pod = found[0]
        if "terminated" in state(pod):
            return pod
        assert time.monotonic() < deadline, pod["status"]
        time.sleep(POLL_SECONDS)


def state(pod: Resource) -> Resource:
    found: Resource = pod["status"]["containerStatuses"][0]["state"]
    return found


def reason_of_end(pod: Resource) -> str:
    return str(state(pod).get("terminated", {}).get("reason"))
