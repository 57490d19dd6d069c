"""From the command line to a cluster, and what is said when there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.config import ConfigException

from orgport import __main__ as command
from orgport.api.reasons import Exit
from orgport.cli.connection import Connection, Wish, connected
from orgport.cli.errors import CommandError, explained
from orgport.cli.runs import Target, chosen, parse_target
from tests.servers import free_port
from tests.unit.controller.states import resources

SERVER = "https://api.example.org"


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("acme", Target("acme")),
        ("orgexport/acme", Target("acme", "OrgExport")),
        ("orgexports/acme", Target("acme", "OrgExport")),
        ("orgexp/acme", Target("acme", "OrgExport")),
        ("orgimport.orgport.dev/acme", Target("acme", "OrgImport")),
        ("OrgImport/acme", Target("acme", "OrgImport")),
        ("orgimp/acme", Target("acme", "OrgImport")),
    ],
)
def test_a_run_is_named_as_kubectl_names_it(word: str, target: Target) -> None:
    assert parse_target(word) == target


@pytest.mark.parametrize("word", ["", "orgexport/", "job/acme", "a/b/c"])
def test_what_names_no_run_is_refused(word: str) -> None:
    with pytest.raises(CommandError, match="is no run") as caught:
        parse_target(word)
    assert caught.value.exit_code == Exit.USAGE


def test_the_runs_that_are_named_are_chosen_and_all_if_none_is() -> None:
    found = resources()
    assert chosen(found, [], "x") == found
    (only,) = chosen(found, [Target("copying", "OrgExport")], "x")
    assert only["metadata"]["name"] == "copying"


@pytest.mark.parametrize("target", [Target("nobody"), Target("copying", "OrgImport")])
def test_a_name_that_nothing_bears_is_said(target: Target) -> None:
    with pytest.raises(CommandError, match=f"no .*{target.name}.* in the namespace x") as caught:
        chosen(resources(), [target], "the namespace x")
    assert caught.value.exit_code == Exit.NO_INPUT


def refusal(status: int, **body: Any) -> ApiException:
    error = ApiException(status=status, reason="because")
    error.body = json.dumps(body)
    return error


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        (ConfigException("no file"), "no file. Set KUBECONFIG", Exit.CONFIGURATION),
        (refusal(401), "log in", Exit.NO_PERMISSION),
        (refusal(403, message="orgexports.orgport.dev is forbidden"), "examples/roles.yaml", Exit.NO_PERMISSION),
        (refusal(403, message='secrets "mongo-auth" is forbidden'), "secrets .* is forbidden$", Exit.NO_PERMISSION),
        (refusal(404), "kubectl apply -f crds/", Exit.CONFIGURATION),
        (refusal(503, message="starting"), "503 starting", Exit.RETRY),
        (ConnectionRefusedError("refused"), f"{SERVER} does not answer: ConnectionRefusedError refused", Exit.RETRY),
    ],
)
def test_an_error_is_said_in_words(error: Exception, words: str, code: int) -> None:
    found = explained(error, SERVER)
    assert found.exit_code == code
    with pytest.raises(CommandError, match=words):
        raise found


def kubeconfig(folder: Path, server: str, namespace: str | None = "browsertrix") -> Path:
    """A file with two contexts."""
    context = {"cluster": "c", "user": "u"} | ({"namespace": namespace} if namespace else {})
    content = {
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [
            {"name": "here", "context": context},
            {"name": "there", "context": {**context, "namespace": "elsewhere"}},
        ],
    }  # fmt: skip
    path = folder / "config"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize(
    ("wish", "namespace"),
    [
        (Wish(), "browsertrix"),
        (Wish(context="there"), "elsewhere"),
        (Wish(namespace="mine"), "mine"),
    ],
)
def test_the_namespace_is_that_of_the_option_or_of_the_context(tmp_path: Path, wish: Wish, namespace: str) -> None:
    path = kubeconfig(tmp_path, SERVER)
    seen: list[str] = []

    async def act(connection: Connection) -> int:
        seen.append(connection.namespace)
        return 0

    assert connected(wish, {"KUBECONFIG": str(path)}, act) == 0
    assert connected(Wish(path, wish.context, wish.namespace), {}, act) == 0
    assert seen == [namespace, namespace]


def test_a_context_without_namespace_means_the_default_one(tmp_path: Path) -> None:
    async def act(connection: Connection) -> int:
        return int(connection.namespace == "default")

    folder = tmp_path / ".kube"
    folder.mkdir()
    kubeconfig(folder, SERVER, None)
    assert connected(Wish(), {"HOME": str(tmp_path)}, act) == 1


@pytest.mark.parametrize("wish", [Wish(), Wish(context="nowhere")])
def test_where_no_cluster_is_configured_it_is_said_how(tmp_path: Path, wish: Wish) -> None:
    environ = {"HOME": str(tmp_path)} if wish.context is None else {"KUBECONFIG": str(kubeconfig(tmp_path, SERVER))}

    async def act(_: Connection) -> int:
        raise AssertionError

    with pytest.raises(CommandError, match="Set KUBECONFIG, give --kubeconfig or --context"):
        connected(wish, environ, act)


@pytest.mark.parametrize("verb", [["status"], ["describe", "acme"], ["render", "export"]])
def test_a_server_that_is_away_is_said_and_worth_another_try(
    verb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, server)))
    arguments = command.parser().parse_args(verb)
    assert arguments.call(arguments) == Exit.RETRY
    assert f"the API server {server} does not answer" in capsys.readouterr().err


def test_a_name_that_is_none_ends_before_any_call(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = command.parser().parse_args(["status", "job/x"])
    assert arguments.call(arguments) == Exit.USAGE
    assert "is no run" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "prog"), [("orgport", "orgport"), ("kubectl-orgport", "kubectl orgport")])
def test_the_plugin_calls_itself_as_it_is_called(
    name: str, prog: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [f"/usr/bin/{name}", "--help"])
    with pytest.raises(SystemExit):
        command.main()
    assert capsys.readouterr().out.startswith(f"usage: {prog} [")
