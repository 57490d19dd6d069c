"""The story of the demo, from a bare machine to the moved organization."""

from __future__ import annotations

import sys

from tests.cluster.access import Cluster, is_external
from tests.cluster.installation import Hosted, create
from tests.cluster.lifecycle import connect
from tests.cluster.operator_image import image_for
from tests.cluster.settings import REPOSITORY
from tests.cluster.shell import ClusterError
from tests.demo.release import NAMESPACE, install
from tests.demo.telling import tell_archive, tell_counts, tell_farewell
from tests.demo.terminal import heading, note
from tests.demo.watching import watch
from tests.organizations import Organization, generate

SOURCE, TARGET = "demo-source", "demo-target"
EXAMPLES = REPOSITORY / "examples" / "demo"


def main() -> None:
    heading("A cluster")
    cluster = a_cluster()
    heading("The operator's image")
    image = image_for(cluster)
    note(f"{image} is in the cluster")
    heading("Two installations, as Browsertrix's chart would leave them")
    remove_leftovers(cluster)
    organization = generate(1, items=20, objects=200, pages=5000, mean_size=65536, name="Acme Archive", slug="acme")
    with create(cluster, SOURCE, organization) as source, create(cluster, TARGET) as target:
        tell_installations(source, target, organization)
        heading("The operator, from charts/orgport")
        install(cluster, image, [SOURCE, TARGET])
        run(cluster, SOURCE, "orgexport")
        run(cluster, TARGET, "orgimport")
        heading("What there is now")
        for namespace in (SOURCE, TARGET):
            note(f"$ kubectl -n {namespace} get orgexports,orgimports")
            note(cluster.kubectl("-n", namespace, "get", "orgexports,orgimports").rstrip())
        tell_archive(source)
        tell_counts(source, target, organization)
        tell_farewell(cluster, source, target)


def a_cluster() -> Cluster:
    if is_external():
        note("ORGPORT_CLUSTER=external: KUBECONFIG's")
    cluster = connect()
    note(cluster.kubectl("get", "nodes").rstrip())
    return cluster


def remove_leftovers(cluster: Cluster) -> None:
    """Every demo begins anew."""
    for namespace in (SOURCE, TARGET, NAMESPACE):
        if cluster.attempt("get", "namespace", namespace) is not None:
            note(f"removing the namespace {namespace} of an earlier demo ...")
            cluster.delete_namespace(namespace)


def tell_installations(source: Hosted, target: Hosted, organization: Organization) -> None:
    documents = sum(len(made) for made in organization.documents.values())
    note(f"{source.namespace} has the organization {organization.slug} ({organization.name}, {organization.id}):")
    note(f"{len(organization.objects)} objects of {organization.size / 2**20:.1f} MiB, {documents} documents;")
    note("and another organization beside it, which must stay where it is.")
    note(f"{target.namespace} has nothing yet.")


def run(cluster: Cluster, namespace: str, kind: str) -> None:
    """Apply the example and watch it to its end."""
    manifest = EXAMPLES / f"{kind}.yaml"
    heading(f"kubectl apply -f {manifest.relative_to(REPOSITORY)}")
    note(manifest.read_text().rstrip())
    cluster.kubectl("apply", "-f", str(manifest))
    watch(cluster, namespace, kind, "acme")


if __name__ == "__main__":
    try:
        main()
    except ClusterError as error:
        sys.exit(f"demo: {error}")
