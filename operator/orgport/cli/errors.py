"""What stops a command: one exception with words for a person and an exit code, and the client's errors as such."""

from __future__ import annotations

from aiohttp import ClientError
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.config import ConfigException

from orgport.api.reasons import Exit
from orgport.controller.kube import answer_of
from orgport.controller.raw import text

FOREIGN = (ApiException, ConfigException, ClientError, OSError, TimeoutError)
"""What may come out of a call of the API server's."""


class CommandError(Exception):
    """The command ends here."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


def explained(error: Exception, server: str) -> CommandError:
    """A foreign error as a person needs it; `server` is the API server's URL."""
    if isinstance(error, ConfigException):
        words = f"no cluster to ask: {error}. Set KUBECONFIG, give --kubeconfig or --context, or run in a pod"
        return CommandError(words, Exit.CONFIGURATION)
    if isinstance(error, ApiException):
        return _refused(error, server)
    return CommandError(f"the API server {server} does not answer: {type(error).__name__} {error}", Exit.RETRY)


def _refused(error: ApiException, server: str) -> CommandError:
    said = text(answer_of(error), "message") or error.reason
    if error.status == 401:
        return CommandError(f"{server} does not know who you are: log in to the cluster again", Exit.NO_PERMISSION)
    if error.status == 403:
        hint = "; examples/roles.yaml has roles for people" if "orgport.dev" in said else ""
        return CommandError(said + hint, Exit.NO_PERMISSION)
    if error.status == 404:
        words = f"{server} has no OrgExport and OrgImport: install orgport's chart, or kubectl apply -f crds/"
        return CommandError(words, Exit.CONFIGURATION)
    return CommandError(f"{server}: {error.status} {said}", Exit.RETRY)
