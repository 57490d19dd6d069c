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

    return release(
        arguments.file, arguments.secrets, yes=arguments.yes, force=arguments.force, roll_back=arguments.roll_back
    )


def pull(arguments: argparse.Namespace) -> int:
    from orgport.worker import folder_command

    return folder_command.main(folder_command.pull, folder_command.request_of(arguments))


def push(arguments: argparse.Namespace) -> int:
    from orgport.worker import folder_command

    return folder_command.main(folder_command.push, folder_command.request_of(arguments))


def status(arguments: argparse.Namespace) -> int:
    from orgport.cli.main import status

    return status(arguments)


def describe(arguments: argparse.Namespace) -> int:
    from orgport.cli.main import describe

    return describe(arguments)


def render(arguments: argparse.Namespace) -> int:
    from orgport.cli.main import render

    return render(arguments)


def crds(arguments: argparse.Namespace) -> int:
    from orgport.api.crd import files

    for name, text in files().items():
        if arguments.folder is None:
            print(text, end="")
        else:
            (arguments.folder / name).write_text(text)
    return 0


def parser(prog: str = "orgport") -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog=prog, description="Move Browsertrix organizations between clusters.")
    top.add_argument("--version", action="version", version=f"orgport {__version__}")
    verbs = top.add_subparsers(required=True, metavar="VERB")

    _add_cluster_verbs(verbs)

    verb = verbs.add_parser("run", help="do an OrgExport or OrgImport here, without Kubernetes")
    _takes_resource(verb)
    verb.set_defaults(call=run)

    verb = verbs.add_parser("verify", help="hold an archive, and what an import brought, against what they should be")
    _takes_resource(verb)
    _has_output(verb)
    verb.add_argument("--checksum", action="store_true", help="read every object whose SHA-256 is known")
    verb.set_defaults(call=verify)

    _add_folder_verbs(verbs)

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


def _add_cluster_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser("status", help="show the runs of a cluster: how far, how fast, how long still, and why")
    verb.add_argument("names", nargs="*", metavar="NAME", help="only these: NAME, orgexport/NAME or orgimport/NAME")
    verb.add_argument("--all-namespaces", "-A", action="store_true")
    verb.add_argument("--watch", "-w", action="store_true", help="until all have ended; 1 if one of them failed")
    _reaches_cluster(verb, "table")
    verb.set_defaults(call=status)

    verb = verbs.add_parser("describe", help="show a run's steps, pods, last messages and result, and what to do")
    verb.add_argument("names", nargs="+", metavar="NAME", help="NAME, orgexport/NAME or orgimport/NAME")
    _reaches_cluster(verb, "text")
    verb.set_defaults(call=describe)

    verb = verbs.add_parser("render", help="print a manifest for the Browsertrix that is found in a namespace")
    verb.add_argument("what", choices=("export", "import"))
    for option, words in _CHOICES.items():
        verb.add_argument(option, default="", help=words)
    verb.add_argument("--config-map", default="backend-env-config", help="Browsertrix's settings")
    verb.add_argument("--database-secret", default="mongo-auth", help="how Browsertrix reaches its database")
    verb.add_argument("--storages-secret", default="ops-configs", help="the one with storages.json")
    _reaches_cluster(verb, "yaml")
    verb.set_defaults(call=render)


_CHOICES = {
    "--name": "the run's name, and the archive's",
    "--slug": "the organization's",
    "--bucket": "of the archive",
    "--endpoint": "URL of the archive's store",
    "--credentials": "the Secret with the archive's access key",
}


def _reaches_cluster(verb: argparse.ArgumentParser, output: str) -> None:
    verb.add_argument("--namespace", "-n", help="the context's by default")
    verb.add_argument("--context", help="of the kubeconfig")
    verb.add_argument("--kubeconfig", type=Path, help="KUBECONFIG, the pod's account or ~/.kube/config by default")
    _has_output(verb, output)


def _add_folder_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser(
        "pull", help="copy an archive, or an organization's directory, into a folder of this machine"
    )
    verb.add_argument("location", metavar="LOCATION", help="s3://BUCKET/PREFIX/")
    verb.add_argument("folder", metavar="FOLDER", type=Path)
    _reaches_store(verb)
    verb.set_defaults(call=pull)

    verb = verbs.add_parser("push", help="copy such a folder into a bucket")
    verb.add_argument("folder", metavar="FOLDER", type=Path)
    verb.add_argument("location", metavar="LOCATION", help="s3://BUCKET/PREFIX/")
    _reaches_store(verb)
    verb.set_defaults(call=push)


def _reaches_store(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--endpoint", help="URL of the store; AWS's own by default. Credentials are AWS_... variables")
    verb.add_argument("--region")
    verb.add_argument("--ca-file", help="certificates in PEM to be trusted beside the public ones")
    verb.add_argument("--concurrency", type=_positive, default=32, help="requests in flight (32)")
    verb.add_argument("--dry-run", action="store_true", help="say what would be copied")
    _has_output(verb, "text")


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 512:
        raise argparse.ArgumentTypeError("it must be between 1 and 512")
    return number


def _add_receipt_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = verbs.add_parser("show", help="print the receipt in the target's database")
    _takes_resource(verb)
    _has_output(verb)
    verb.set_defaults(call=show_receipt)

    verb = verbs.add_parser("release", help="give up an unfinished import, so that another run may take over at once")
    _takes_resource(verb)
    verb.add_argument("--yes", action="store_true", help="do it")
    verb.add_argument("--force", action="store_true", help="even though its run may be alive")
    verb.add_argument("--roll-back", action="store_true", help="delete the documents that it has inserted, too")
    verb.set_defaults(call=release_receipt)


def _takes_resource(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "-f", "--file", required=True, help="YAML with the resource, and its Secrets if you like; - is stdin"
    )
    verb.add_argument("--secrets", type=Path, help="a folder of <Secret or ConfigMap>/<key> files")


def _has_output(verb: argparse.ArgumentParser, usual: str = "table") -> None:
    verb.add_argument("--output", "-o", choices=(usual, "json"), default=usual)


def main() -> None:
    """Entry point of the command, and of `kubectl orgport`."""
    is_plugin = Path(sys.argv[0]).name.startswith("kubectl-orgport")
    arguments = parser("kubectl orgport" if is_plugin else "orgport").parse_args()
    sys.exit(arguments.call(arguments))


if __name__ == "__main__":
    main()
