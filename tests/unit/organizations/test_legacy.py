"""The made-up export of an old version has that version's habits."""

from __future__ import annotations

from tests.oracle import accepts
from tests.organizations.legacy import legacy_export


def test_the_counts_are_as_promised() -> None:
    data = legacy_export().data
    assert data["dbVersion"] == "0027"
    assert len(data["org"]["userDetails"]) == 3
    counts = {name: len(value) for name, value in data.items() if isinstance(value, list)}
    assert counts == {
        "profiles": 2,
        "workflows": 2,
        "workflowRevisions": 1,
        "items": 4,
        "pages": 67,
        "collections": 2,
    }


def test_dates_have_no_zone_and_roles_are_text() -> None:
    data = legacy_export().data
    assert {page["ts"][-1].isdigit() for page in data["pages"]} == {True}
    assert {type(detail["role"]) for detail in data["org"]["userDetails"]} == {str}


def test_profiles_are_recorded_without_the_organization_and_lie_below_it() -> None:
    made = legacy_export()
    names = [profile["resource"]["filename"] for profile in made.data["profiles"]]
    assert {name.split("/")[0] for name in names} == {"profiles"}
    assert {f"{made.organization_id}/{name}" for name in names} <= made.objects.keys()


def test_browsertrix_would_take_it_where_its_members_are_unknown() -> None:
    assert {violation.says.split(" ", 1)[1] for violation in accepts(legacy_export().text)} == {"is in `users` too"}
