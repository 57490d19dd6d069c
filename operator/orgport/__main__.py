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


def verify(arguments: argparse.Namespace) -> int:
    from orgport.worker.verify_command import main

    return main(arguments.file, arguments.secrets, arguments.output, checksum=arguments.checksum)


def show_receipt(arguments: argparse.Namespace) -> int:
    from orgport.worker.receipt_command import show

    return show(arguments.file, arguments.secrets, arguments.output)


def release_receipt(arguments: argparse.Namespace) -> int:
    from orgport.worker.receipt_command import release

    return release(arguments.file, arguments.secrets, yes=arguments.yes, force=arguments.force)


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
    _takes_resource(verb)
    verb.set_defaults(call=run)

    verb = verbs.add_parser("verify", help="hold an archive, and what an import brought, against what they should be")
    _takes_resource(verb)
    _has_output(verb)
    verb.add_argument("--checksum", action="store_true", help="read every object whose SHA-256 is known")
    verb.set_defaults(call=verify)

    receipt = verbs.add_parser("receipt", help="who imports an OrgImport's organization, and how far it is")
    _add_receipt_verbs(receipt.add_subparsers(required=True, metavar="VERB"))

    verb = verbs.add_parser("controller", help="run the operator (its settings are ORGPORT_... variables)")
    verb.set_defaults(call=controller)

    verb = verbs.add_parser("worker", help="do one step, as a Job of the operator's")
    verb.set_defaults(call=worker)

    verb = verbs.add_parser("crds", help="print the CustomResourceDefinitions, or write them to a folder")
    verb.add_argument("folder", type=Path, nargs="?")
    verb.set_defaults(call=crds)
    return top


def _add_receipt_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser("show", help="print the receipt in the target's database")
    _takes_resource(verb)
    _has_output(verb)
    verb.set_defaults(call=show_receipt)

    verb = verbs.add_parser("release", help="give up an unfinished import, so that another run may take over at once")
    _takes_resource(verb)
    verb.add_argument("--yes", action="store_true", help="do it")
    verb.add_argument("--force", action="store_true", help="even though its run has just given a sign of life")
    verb.set_defaults(call=release_receipt)


def _takes_resource(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "-f", "--file", required=True, help="YAML with the resource, and its Secrets if you like; - is stdin"
    )
    verb.add_argument("--secrets", type=Path, help="a folder of <Secret or ConfigMap>/<key> files")


def _has_output(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--output", "-o", choices=("table", "json"), default="table")


def main() -> None:
    """Entry point of the command."""
    arguments = parser().parse_args()
    sys.exit(arguments.call(arguments))


if __name__ == "__main__":
    main()
