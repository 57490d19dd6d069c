"""What the demo says in the end: the archive, both sides side by side, and what to do next."""

from __future__ import annotations

from tests.cluster.access import Cluster
from tests.cluster.installation import Hosted
from tests.cluster.shell import ClusterError
from tests.demo.release import NAMESPACE
from tests.demo.terminal import heading, note
from tests.organizations import Organization, Snapshot, assert_moved

PREFIX = "acme/"


def tell_archive(source: Hosted) -> None:
    """The archive's keys: its own files one by one, the organization's objects as a number."""
    heading(f"The archive, s3://{source.exports_bucket}/{PREFIX}")
    keys = source.contents.exported(PREFIX)
    own = [key for key in keys if key.startswith(f"{PREFIX}exports/")]
    note("\n".join(own))
    note(f"{PREFIX}<organization's id>/...  {len(keys) - len(own)} objects, under the keys that Browsertrix gave them")


def tell_counts(source: Hosted, target: Hosted, organization: Organization) -> None:
    """Both sides as a table."""
    heading("The organization on both sides")
    here, there = source.contents.snapshot(organization), target.contents.snapshot(organization)
    note(f"{'':<24}{source.namespace:>14}{target.namespace:>14}")
    for name, (left, right) in side_by_side(counts(here), counts(there)).items():
        note(f"{name:<24}{left:>14}{right:>14}")
    compare(here, there)


def compare(here: Snapshot, there: Snapshot) -> None:
    try:
        assert_moved(here, there)
    except AssertionError as error:
        raise ClusterError(f"the organization has not arrived as it was: {error}") from None
    note("Compared one by one: every object's bytes, type, metadata and tags and every document's values are right.")
    note("Invitations, jobs, presigned URLs, webhook notices and subscriptions' records stay where they were.")


def counts(snapshot: Snapshot) -> dict[str, int]:
    facts = [each for objects in snapshot.objects.values() for each in objects.values()]
    return {"objects": len(facts), "bytes": sum(each.size for each in facts), **snapshot.counts()}


def side_by_side(left: dict[str, int], right: dict[str, int]) -> dict[str, tuple[int, int]]:
    found = {name: (left.get(name, 0), right.get(name, 0)) for name in [*left, *right]}
    return {name: pair for name, pair in found.items() if any(pair)}


def tell_farewell(cluster: Cluster, source: Hosted, target: Hosted) -> None:
    heading("To look around")
    kubectl = "kubectl" if not cluster.is_embedded else "python3.11 -m tests.cluster kubectl"
    note(f"{kubectl} -n {source.namespace} describe orgexport acme")
    note(f"{kubectl} -n {target.namespace} get orgimport acme -o yaml")
    note(f"{kubectl} -n {target.namespace} get events --sort-by=.lastTimestamp")
    note(f"{kubectl} -n {NAMESPACE} logs deployment/orgport")
    heading("To clean up")
    if cluster.is_embedded:
        note("make cluster-down")
    else:
        note(f"kubectl delete namespace {source.namespace} {target.namespace} {NAMESPACE} && kubectl delete -f crds/")
