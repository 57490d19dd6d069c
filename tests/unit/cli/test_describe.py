"""`orgport describe` over a run in every state."""

from __future__ import annotations

import json
import re

import pytest

from orgport.api.reasons import MEANINGS, Reason
from orgport.cli.description import Facts, facts
from orgport.cli.prose import as_text
from orgport.cli.reading import Around
from orgport.cli.runs import row_of
from orgport.cli.status import columns
from tests.unit.controller.resources import Object
from tests.unit.controller.simulation import Simulation
from tests.unit.controller.states import MAKERS, state


def around(world: Simulation, **others: object) -> Around:
    held = (list(world.jobs.values()), list(world.pods.values()), list(world.leases.values()))
    return Around(*held, **others)  # type: ignore[arg-type]


def described(which: str) -> Facts:
    world = state(which)
    return facts(world.resource, around(world), world.now)


def text_of(which: str) -> str:
    world = state(which)
    return as_text(world.resource, around(world), world.now)


def event(time: str, reason: str) -> Object:
    return {"lastTimestamp": time, "reason": reason, "type": "Normal", "message": f"it is {reason}"}


@pytest.mark.parametrize("which", MAKERS)
def test_every_state_can_be_told_as_text_and_as_json(which: str) -> None:
    text, data = text_of(which), described(which)
    assert text.startswith(f"{data['run']['kind']} btrix/{which.replace('_', '-')}\n")
    assert "None" not in text
    assert json.loads(json.dumps(data)) == data
    assert max(map(len, text.splitlines())) <= 120


def test_a_run_under_way_shows_its_steps_pods_and_what_the_workers_say() -> None:
    text = text_of("copying")
    assert "Organization  Acme (acme, " in text
    assert "Progress      36%, 42/100 MiB, 7 objects were there already, 2 MiB/s, 29s left" in text
    assert re.search(r"files +Running +20s +0s ago +exp-acme-1-files-", text)
    assert re.search(r"exp-acme-1-files-\S+-0-1 +Running +node-1 +2026-11-24T12:00:05Z", text)
    assert "files-0  Running, CopyingFiles: copying 20241101-0.wacz\n" in text


def test_a_failure_is_told_with_its_keys_and_its_suggestion() -> None:
    text = text_of("failed")
    assert "Reason   AccessDenied\n  Step     files\n  Message  PutObject: 403\n  Keys     k\n" in text
    assert "Suggestion\n  allow it\n" in text
    assert described("failed")["failure"]["keys"] == ["k"]


def test_the_failure_behind_a_rollback_is_told_while_it_goes_on() -> None:
    text = text_of("rolling_back")
    assert "RollingBack, step rollback" in text
    assert "PutObject: 403" in text


def test_a_failure_without_a_suggestion_gets_that_of_the_list() -> None:
    world = state("failed")
    del world.resource["status"]["failure"]["suggestion"]
    found = facts(world.resource, around(world), world.now)
    assert found["suggestion"] == MEANINGS[Reason.ACCESS_DENIED].remedy


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("waiting_for_a_secret", "Create the Secret"),
        ("unschedulable", "Change spec.worker"),
        ("suspended", "Set spec.suspend to false"),
        ("already_exported", "Use another metadata.name"),
    ],
)
def test_what_waits_for_a_person_says_what_to_do(which: str, words: str) -> None:
    assert described(which)["suggestion"].startswith(words)


@pytest.mark.parametrize("which", ["new", "planning", "copying", "retrying", "exported", "imported"])
def test_nothing_is_suggested_where_there_is_nothing_to_do(which: str) -> None:
    assert described(which)["suggestion"] == ""
    assert "Suggestion" not in text_of(which)


def test_the_result_is_shown_whole() -> None:
    text = text_of("imported")
    assert re.search(r"location +s3://files/", text)
    assert re.search(r"usersCreated +2", text)
    assert re.search(r"warnings +the crawler channel beta is not there", text)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"reason": "OOMKilled"}}}]}, "OutOfMemory"),
        ({"phase": "Failed", "conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "Evicted"}]},
         r"Disrupted \(Evicted\)"),
        ({"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull"}}}]},
         "ErrImagePull"),
        ({}, "Pending"),
    ],
)  # fmt: skip
def test_a_pods_state_is_what_matters_of_it(status: Object, words: str) -> None:
    world = state("copying")
    world.newest_pod("files")["status"] = status
    text = as_text(world.resource, around(world), world.now)
    assert re.search(rf"exp-acme-1-files-\S+-0-1 +{words}", text)


def test_a_termination_message_is_read_where_no_lease_tells() -> None:
    world = state("failed")
    message = next(lease for name, lease in world.leases.items() if "-files-" in name)["metadata"]["annotations"]
    world.end_pod(world.newest_pod("files"), 65, message["orgport.dev/report"])
    world.leases.clear()
    found = facts(world.resource, around(world), world.now)["messages"]
    assert [(told["stage"], told["message"]) for told in found] == [("AccessDenied", "PutObject: 403")]


def test_a_report_that_is_none_is_left_out() -> None:
    world = state("copying")
    for lease in world.leases.values():
        lease["metadata"]["annotations"] = {"orgport.dev/report": "{"}
    assert facts(world.resource, around(world), world.now)["messages"] == []


def test_the_newest_events_come_last_and_old_ones_not_at_all() -> None:
    world = state("copying")
    events = [event(f"2026-11-24T12:{minute:02}:00Z", f"R{minute}") for minute in range(20)]
    found = facts(world.resource, around(world, events=events[::-1]), world.now)["events"]
    assert [told["reason"] for told in found] == [f"R{minute}" for minute in range(5, 20)]
    assert "it is R19" in as_text(world.resource, around(world, events=events), world.now)


def test_long_words_of_people_are_wrapped_and_keys_stay_whole() -> None:
    world = state("failed")
    key = "k" * 300
    world.resource["status"]["failure"] |= {"message": "it is refused " * 30, "keys": [key, "other"]}
    text = as_text(world.resource, around(world), world.now)
    assert max(len(line) for line in text.splitlines() if key not in line) <= 120
    assert f"  Keys     {key}\n           other\n" in text


def test_what_a_terminal_would_obey_is_spelt_out() -> None:
    world = state("failed")
    world.resource["status"]["failure"]["keys"] = ["a\x1b[31mb\x07", "é"]
    world.condition("Succeeded")["message"] = "PutObject \x1b]0;title\x07"
    text = as_text(world.resource, around(world), world.now)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert r"a\x1b[31mb\x07" in text
    assert "é" in text
    assert "\x1b" not in columns([row_of(world.resource, world.now)], False)


def test_what_a_person_may_not_list_is_said() -> None:
    world = state("copying")
    text = as_text(world.resource, Around(unseen=("leases", "pods")), world.now)
    assert text.endswith("You may not list leases, pods here: what they say is left out.\n")
