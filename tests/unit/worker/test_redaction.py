"""Nothing secret leaves a worker."""

from __future__ import annotations

import json
import logging

import pytest

from orgport.worker.redaction import MASK, RedactingFormatter, Redactor


def redactor_of(**secret: str) -> Redactor:
    redactor = Redactor()
    redactor.add(secret)
    return redactor


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        pytest.param({"AWS_SECRET_ACCESS_KEY": "s3cr3t-key"}, "signed with s3cr3t-key", id="a plain value"),
        pytest.param({"P": "a/b+c d!"}, "mongodb://root:a%2Fb%2Bc%20d%21@host", id="percent-encoded in a URI"),
        pytest.param({"uri": "mongodb://root:hunter22@host/db"}, "the password hunter22", id="the password of a URI"),
        pytest.param({"uri": "mongodb://root:a%40b12345@host/db"}, "the password a@b12345", id="the decoded one too"),
        pytest.param(
            {"storages.json": json.dumps([{"name": "default", "secret_key": "inner-secret"}])},
            "key inner-secret",
            id="a key inside JSON",
        ),
    ],
)
def test_a_secret_value_is_masked(secret: dict[str, str], text: str) -> None:
    masked = redactor_of(**secret)(text)
    assert MASK in masked
    assert not any(value in masked for value in secret.values())


def test_words_that_are_no_secrets_stay_readable() -> None:
    redactor = redactor_of(MONGO_HOST="local-mongo", USER="root")
    redactor.add({"storages.json": json.dumps([{"name": "default", "bucket_name": "btrix-data"}])})
    text = "root cannot reach local-mongo; bucket btrix-data of storage default"
    assert redactor(text) == text


def test_the_longer_of_two_values_is_masked_whole() -> None:
    redactor = redactor_of(a="secret", b="secret-and-more")
    assert redactor("secret-and-more") == MASK


def test_a_log_line_with_a_traceback_is_masked() -> None:
    formatter = RedactingFormatter(redactor_of(a="hunter2hunter2"), "%(message)s")
    try:
        raise ValueError("hunter2hunter2")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "oops", (), (ValueError, error, error.__traceback__))
    assert "hunter2" not in formatter.format(record)
