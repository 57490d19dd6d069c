"""From the options to the commands, and from what stops them to words and exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from orgport.api.names import Kind
from orgport.api.reasons import Exit
from orgport.cli import describe as describing
from orgport.cli import render as rendering
from orgport.cli import status as showing
from orgport.cli.connection import Act, Wish, connected
from orgport.cli.errors import CommandError
from orgport.cli.installation import Names
from orgport.cli.manifest import Choices
from orgport.cli.runs import parse_target

BY_A_SIGNAL = 130
KINDS: dict[str, Kind] = {"export": "OrgExport", "import": "OrgImport"}


def status(arguments: argparse.Namespace) -> int:
    """Show runs."""

    def act() -> Act:
        targets = [parse_target(word) for word in arguments.names]
        wanted = showing.Wanted(targets, arguments.all_namespaces, arguments.watch, arguments.output)
        return lambda connection: showing.status(connection, wanted, sys.stdout, _now)

    return _run(arguments, act)


def describe(arguments: argparse.Namespace) -> int:
    """Describe runs."""

    def act() -> Act:
        targets = [parse_target(word) for word in arguments.names]
        return lambda connection: describing.describe(connection, targets, arguments.output, sys.stdout, _now())

    return _run(arguments, act)


def render(arguments: argparse.Namespace) -> int:
    """Render a manifest."""
    given = arguments
    names = Names(given.config_map, given.database_secret, given.storages_secret)
    choices = Choices(KINDS[given.what], given.name, given.slug, given.bucket, given.endpoint, given.credentials)
    return _run(
        arguments, lambda: lambda connection: rendering.render(connection, names, choices, given.output, sys.stdout)
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _run(arguments: argparse.Namespace, act: Callable[[], Act]) -> int:
    wish = Wish(arguments.kubeconfig, arguments.context, arguments.namespace)
    try:
        return connected(wish, os.environ, act())
    except CommandError as error:
        print(error.message, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read has read enough; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.RETRY
    except KeyboardInterrupt:
        return BY_A_SIGNAL
