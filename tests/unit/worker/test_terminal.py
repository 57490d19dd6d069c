"""`orgport run` reads a file of manifests and says what is wrong with it."""

from __future__ import annotations

import pytest

from orgport.api.failures import Failure
from orgport.worker.local import parse_resource
from orgport.worker.terminal import read_document

EXPORT = """
apiVersion: orgport.dev/v1alpha1
kind: OrgExport
metadata: {name: acme}
spec:
  org: {slug: acme}
  destination: {bucket: org-exports}
"""
SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: exports-s3}
data: {ID: YWJj}
stringData: {KEY: plain}
"""


def test_secrets_and_resources_are_sorted_out_of_one_stream() -> None:
    document = read_document(EXPORT + "---" + SECRET + "---\n")
    assert [resource["kind"] for resource in document.resources] == ["OrgExport"]
    assert document.secrets == {"exports-s3": {"ID": "abc", "KEY": "plain"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: [", "no YAML in line", id="broken YAML"),
        pytest.param("- 1", "no mapping", id="a list"),
        pytest.param(SECRET, "no OrgExport and no OrgImport", id="nothing to run"),
        pytest.param("kind: Pod", "'Pod' is none of", id="another kind"),
        pytest.param(SECRET.replace("YWJj", "plain-text!"), "not base64", id="data in plain text"),
    ],
)
def test_a_bad_file_gets_a_clear_error(text: str, message: str) -> None:
    with pytest.raises(Failure, match=message):
        read_document(text)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"destination": {"bucket": "x"}}, "spec.destination.bucket", id="too short"),
        pytest.param({"destination": {"bucket": "exports", "prefx": "a/"}}, "spec.destination.prefx", id="misspelt"),
        pytest.param({"org": {}}, "spec.org", id="no organization"),
        pytest.param({"org": {"slug": "a", "id": "4c880741-c1b7-47ae-b825-3fb15d52a760"}}, "spec.org", id="two names"),
        pytest.param({"destination": {"bucket": "exports", "prefix": "a"}}, "spec.destination", id="prefix without /"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, object], field: str) -> None:
    spec = {"org": {"slug": "acme"}, "destination": {"bucket": "exports"}, **change}
    with pytest.raises(Failure, match=field):
        parse_resource(
            {"apiVersion": "orgport.dev/v1alpha1", "kind": "OrgExport", "metadata": {"name": "a"}, "spec": spec}
        )


def test_the_value_of_a_wrong_field_is_not_shown() -> None:
    spec = {"org": {"slug": "acme"}, "destination": {"bucket": "exports", "secretKey": "hunter2hunter2"}}
    with pytest.raises(Failure) as caught:
        parse_resource(
            {"apiVersion": "orgport.dev/v1alpha1", "kind": "OrgExport", "metadata": {"name": "a"}, "spec": spec}
        )
    assert "hunter2" not in str(caught.value)
