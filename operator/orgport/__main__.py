"""The verbs of `orgport`. Each imports only its own room."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from orgport import __version__
from orgport.api.reasons import Exit


def controller(_: argparse.Namespace) -> int:
    from orgport.controller.run import main

    return main()


def worker(_: argparse.Namespace) -> int:
    # PID 1 ignores SIGTERM until it has a handler, and the imports take a second.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(Exit.INTERRUPTED))
    from orgport.worker.main import main

    return main(os.environ)


def run(arguments: argparse.Namespace) -> int:
    from orgport.worker.terminal import main

    return main(arguments.file, arguments.secrets)


def crds(arguments: argparse.Namespace) -> int:
    from orgport.api.crd import files

    for name, text in files().items():
        if arguments.folder is None:
            print(text, end="")
        else:
            (arguments.folder / name).write_text(text)
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="orgport", description="Move Browsertrix organizations between clusters.")
    top.add_argument("--version", action="version", version=f"orgport {__version__}")
    verbs = top.add_subparsers(required=True, metavar="VERB")

    verb = verbs.add_parser("run", help="do an OrgExport or OrgImport here, without Kubernetes")
    verb.add_argument(
        "-f", "--file", required=True, help="YAML with the resource, and its Secrets if you like; - is stdin"
    )
    verb.add_argument("--secrets", type=Path, help="a folder of <Secret or ConfigMap>/<key> files")
    verb.set_defaults(call=run)

    verb = verbs.add_parser("controller", help="run the operator (its settings are ORGPORT_... variables)")
    verb.set_defaults(call=controller)

    verb = verbs.add_parser("worker", help="do one step, as a Job of the operator's")
    verb.set_defaults(call=worker)

    verb = verbs.add_parser("crds", help="print the CustomResourceDefinitions, or write them to a folder")
    verb.add_argument("folder", type=Path, nargs="?")
    verb.set_defaults(call=crds)
    return top


def main() -> None:
    """Entry point of the command."""
    arguments = parser().parse_args()
    sys.exit(arguments.call(arguments))


if __name__ == "__main__":
    main()
