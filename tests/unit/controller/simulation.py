"""A resource and its objects as API server, Job controller and workers would keep them, without any of these."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orgport.api.names import ANNOTATION_REPORT, LABEL_STEP, lease_name
from orgport.api.reasons import Reason
from orgport.api.report import Report
from orgport.controller.apply import merge_patch
from orgport.controller.decide import Decision, Refusal, Settings, Surroundings, decide
from tests.unit.controller.resources import PLAN, Object, stamp

IMAGE = "registry.example.org/orgport:1"
SETTINGS = Settings(IMAGE)
View = tuple[Object, list[Object], list[Object], list[Object]]
BEGIN = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@dataclass
class Simulation:
    """Everything that decide reads; decisions are carried out on it."""

    resource: Object
    now: datetime = BEGIN
    jobs: dict[str, Object] = field(default_factory=dict)
    pods: dict[str, Object] = field(default_factory=dict)
    leases: dict[str, Object] = field(default_factory=dict)
    others: dict[str, Object] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    history: list[Object] = field(default_factory=list)
    created_jobs: list[str] = field(default_factory=list)
    surroundings: Surroundings = field(default_factory=Surroundings)
    refusal: Refusal | None = None
    """What the API server says to everything that a step needs."""
    decision: Decision = field(default_factory=Decision)

    @property
    def status(self) -> Object:
        found: Object = self.resource["status"]
        return found

    def decide(self) -> Decision:
        return decide(
            copy.deepcopy(self.resource),
            list(self.jobs.values()),
            list(self.pods.values()),
            list(self.leases.values()),
            self.now,
            SETTINGS,
            self.surroundings,
        )

    def view(self) -> View:
        """What an operator sees that looks now."""
        stores = (self.jobs, self.pods, self.leases)
        jobs, pods, leases = (copy.deepcopy(list(store.values())) for store in stores)
        return copy.deepcopy(self.resource), jobs, pods, leases

    def look_late(self, earlier: View) -> None:
        """Another operator acts on what it saw then; its status is refused if the resource has changed since."""
        decision = decide(*copy.deepcopy(earlier), self.now, SETTINGS, self.surroundings)
        for deletion in decision.deletions:
            self.delete(deletion.kind, deletion.name)
        if self.refusal is None:
            for manifest in decision.creates:
                if manifest["metadata"]["name"] not in self.jobs:
                    self._create(copy.deepcopy(manifest))
        for patch in decision.patches:
            if patch.name in self.jobs:
                self._patch(patch.name, patch.patch)
        if decision.status is not None and self.resource == earlier[0]:
            self.resource["status"] = decision.status
            self.history.append(copy.deepcopy(decision.status))

    def enforce_deadlines(self) -> None:
        """The Job controller ends Jobs whose time is over."""
        for job in self.jobs.values():
            began = datetime.fromisoformat(job["status"]["startTime"])
            is_over = self.now >= began + timedelta(seconds=job["spec"]["activeDeadlineSeconds"])
            if is_over and not job["status"].get("conditions"):
                uid = job["metadata"]["uid"]
                self.pods = {name: pod for name, pod in self.pods.items() if owner_uid(pod) != uid}
                self._end_job(job, "Failed", "DeadlineExceeded")

    def look(self) -> Decision:
        """One decision, carried out."""
        self.decision = decision = self._take_decision()
        for deletion in decision.deletions:
            self.delete(deletion.kind, deletion.name)
        for manifest in decision.creates:
            self._create(copy.deepcopy(manifest))
        for patch in decision.patches:
            self._patch(patch.name, patch.patch)
        if decision.status is not None:
            patched = merge(self.resource["status"], merge_patch(self.resource["status"], decision.status))
            assert patched == decision.status
            self.resource["status"] = patched
            self.history.append(copy.deepcopy(patched))
        self.events += [event.reason for event in decision.events]
        return decision

    def _take_decision(self) -> Decision:
        decision = self.decide()
        if self.refusal is None or not decision.creates:
            return decision
        step = decision.creates[-1]["metadata"]["labels"][LABEL_STEP]
        usual = self.surroundings
        self.surroundings = replace(usual, refusals={step: self.refusal})
        decision = self.decide()
        self.surroundings = usual
        return decision

    def settle(self) -> Object:
        """Look until nothing changes any more; the status then."""
        for _ in range(10):
            decision = self.look()
            if not (decision.status or decision.creates or decision.patches or decision.deletions):
                return self.status
        raise AssertionError(f"no fixed point: {decision}")

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def change_spec(self, **changes: Any) -> None:
        self.resource["spec"].update(changes)
        self.resource["metadata"]["generation"] += 1

    def delete(self, kind: str, name: str) -> None:
        if kind == "Pod":
            self.pods.pop(name, None)
            return
        job = self.jobs.pop(name, None)
        if job is not None:
            uid = job["metadata"]["uid"]
            self.pods = {key: pod for key, pod in self.pods.items() if owner_uid(pod) != uid}

    def orphan_pods(self, step: str) -> Object:
        """Delete a step's Job without its pods; one of these."""
        pod = self.newest_pod(step)
        kept = {name: {**each, "metadata": {**each["metadata"], "ownerReferences": []}}
                for name, each in self.pods.items() if owner_uid(each) == owner_uid(pod)}  # fmt: skip
        self.delete("Job", self.job(step)["metadata"]["name"])
        self.pods |= kept
        return kept[pod["metadata"]["name"]]

    def _create(self, manifest: Object) -> None:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        store = {"Job": self.jobs, "Lease": self.leases}.get(kind, self.others)
        if name in store:
            assert kind != "Job", f"a second Job {name}"
            return
        manifest["metadata"] |= {"uid": f"uid-{name}-{len(self.created_jobs)}", "creationTimestamp": stamp(self.now)}
        store[name] = manifest
        if kind == "Job":
            manifest["status"] = {"startTime": stamp(self.now)}
            self.created_jobs.append(name)
            self.start_pods(manifest["metadata"]["labels"][LABEL_STEP])

    def _patch(self, name: str, patch: Object) -> None:
        job = self.jobs[name] = merge(self.jobs[name], patch)
        if patch["spec"].get("suspend") is True:
            self.pods = {key: pod for key, pod in self.pods.items() if owner_uid(pod) != job["metadata"]["uid"]}
        if patch["spec"].get("suspend") is False:
            job["status"]["startTime"] = stamp(self.now)
            self.start_pods(job["metadata"]["labels"][LABEL_STEP])

    def job(self, step: str) -> Object:
        """The Job of a step, of the newest attempt."""
        names = [name for name in self.created_jobs if name in self.jobs]
        return next(self.jobs[name] for name in reversed(names) if f"-{step}-" in name)

    def start_pods(self, step: str) -> None:
        for index in range(self.job(step)["spec"]["completions"]):
            self.start_pod(step, index)

    def start_pod(self, step: str, index: int = 0) -> Object:
        job = self.job(step)
        name = f"{job['metadata']['name']}-{index}-{len(self.pods)}"
        owner = {"kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"], "controller": True}
        pod: Object = {
            "metadata": {
                "name": name,
                "uid": f"uid-{name}",
                "labels": {
                    **job["metadata"]["labels"],
                    "batch.kubernetes.io/job-name": job["metadata"]["name"],
                },
                "annotations": {
                    "batch.kubernetes.io/job-completion-index": str(index),
                },
                "ownerReferences": [owner],
            },
            "spec": {"nodeName": "node-1"},
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [{"state": {"running": {"startedAt": stamp(self.now)}}}],
            },
        }
        self.pods[name] = pod
        return pod

    def newest_pod(self, step: str, index: int = 0) -> Object:
        uid = self.job(step)["metadata"]["uid"]
        key = "batch.kubernetes.io/job-completion-index"
        mine = [
            p for p in self.pods.values() if owner_uid(p) == uid and p["metadata"]["annotations"][key] == str(index)
        ]
        return mine[-1]

    def report(self, step: str, index: int = 0, **members: Any) -> Report:
        """A worker of the newest attempt renews its lease with a report."""
        attempt = max(self.status.get("attempt", 1), 1)
        usual = {"plan": Reason.PLANNING, "files": Reason.COPYING_FILES, "rollback": Reason.ROLLING_BACK}
        database = Reason.EXPORTING_DATABASE if self.resource["kind"] == "OrgExport" else Reason.IMPORTING_DATABASE
        members = {"stage": usual.get(step, database), "sequence": len(self.history) + 1, **members}
        report = Report.model_validate({"attempt": attempt, "step": step, "index": index, **members})
        lease = self.leases[lease_name(self.job(step)["metadata"]["name"], index)]
        lease["metadata"]["annotations"] = {ANNOTATION_REPORT: report.dump_json()}
        lease["spec"] |= {"holderIdentity": "a pod", "renewTime": self.now.isoformat(timespec="microseconds")}
        return report

    def end_pod(self, pod: Object, code: int, message: str = "", reason: str = "") -> None:
        terminated = {"exitCode": code, "finishedAt": stamp(self.now), "message": message, "reason": reason}
        pod["status"]["phase"] = "Failed" if code else "Succeeded"
        pod["status"]["conditions"] = []
        pod["status"]["containerStatuses"] = [{"state": {"terminated": terminated}}]

    def complete(self, step: str, **report: Any) -> None:
        """The step's pods end well, and its Job with them."""
        job = self.job(step)
        for index in range(job["spec"]["completions"]):
            self.report(step, index, outcome="Succeeded", **report)
            self.end_pod(self.newest_pod(step, index), 0)
        self._end_job(job, "Complete", "CompletionsReached")
        job["status"]["completionTime"] = stamp(self.now)

    def fail(self, step: str, code: int = 65, reason: str = "PodFailurePolicy", index: int = 0, **report: Any) -> None:
        """A pod of the step fails, and its Job with it."""
        if report:
            self.report(step, index, outcome="Failed", **report)
        if code:
            self.end_pod(self.newest_pod(step, index), code)
        job = self.job(step)
        job["status"]["failed"] = 1
        self._end_job(job, "Failed", reason)

    def _end_job(self, job: Object, kind: str, reason: str) -> None:
        end = {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": stamp(self.now)}
        job["status"]["conditions"] = [end]

    def condition(self, kind: str) -> Object:
        found = [condition for condition in self.status["conditions"] if condition["type"] == kind]
        return found[0] if found else {}

    def step(self, name: str) -> Object:
        return next(step for step in self.status["steps"] if step["name"] == name)


def owner_uid(item: Mapping[str, Any]) -> str:
    owners = item["metadata"]["ownerReferences"]
    return str(owners[0]["uid"]) if owners else ""


def merge(target: Object, patch: Object) -> Object:
    """A merge patch, as the API server applies it."""
    result = copy.deepcopy(target)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            old = result.get(key)
            result[key] = merge(old if isinstance(old, dict) else {}, value)
        else:
            result[key] = json.loads(json.dumps(value))
    return result


def planned(resource: Object) -> Simulation:
    """A run whose plan step has succeeded, and whose next step has begun."""
    world = Simulation(resource)
    world.settle()
    world.wait(5)
    world.complete("plan", plan=PLAN)
    world.settle()
    return world


def copied(resource: Object) -> Simulation:
    """A run whose files are copied, and whose database step has begun."""
    world = planned(resource)
    world.wait(60)
    world.complete("files", counters={"objectsDone": 100, "bytesDone": 100 * 2**20})
    world.settle()
    return world
