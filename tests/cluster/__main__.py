"""The embedded cluster by hand.

    python -m tests.cluster build       compile Kubernetes, MinIO and FerretDB (about 10 minutes on 2 cores, once)
    python -m tests.cluster layers      build operator/Dockerfile, and leave its layers for `image`
    python -m tests.cluster up          start the cluster and print KUBECONFIG=... (about 15 s)
    python -m tests.cluster services    load the images of MinIO and FerretDB into the node
    python -m tests.cluster image       build operator/Dockerfile, load the image and print its reference
    python -m tests.cluster load FILE   load an image archive (docker-archive or OCI) into the node
    python -m tests.cluster kubeconfig  print the path of the kubeconfig
    python -m tests.cluster kubectl ... run kubectl against it
    python -m tests.cluster node-kill   stop the kubelet and every container, as if the node was lost
    python -m tests.cluster node-start  start the kubelet again
    python -m tests.cluster down        stop everything and remove its state

It needs root, Go 1.25 or newer and Debian's apt-get. State is in $ORGPORT_CLUSTER_DIR (/var/tmp/orgport-cluster),
binaries are in ~/.cache/orgport-cluster.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from tests.cluster import binaries, images, lifecycle, node
from tests.cluster.access import embedded
from tests.cluster.operator_image import build_image, build_layers
from tests.cluster.settings import KUBECONFIG
from tests.cluster.shell import ClusterError, say


def up() -> None:
    lifecycle.up()
    say(f"KUBECONFIG={KUBECONFIG}")


VERBS: dict[str, Callable[[], object]] = {
    "build": binaries.everything,
    "layers": build_layers,
    "up": up,
    "services": images.load_services,
    "image": lambda: say(build_image()),
    "kubeconfig": lambda: say(str(KUBECONFIG)),
    "node-kill": node.kill_node,
    "node-start": node.start_kubelet,
    "down": lifecycle.down,
}


def main(arguments: list[str]) -> None:
    match arguments:
        case ["load", archive]:
            say(images.load(Path(archive)))
        case ["kubectl", *words]:
            command = [*embedded().command, *words]
            os.execv(command[0], command)
        case [verb] if verb in VERBS:
            VERBS[verb]()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ClusterError as error:
        sys.exit(f"cluster: {error}")
