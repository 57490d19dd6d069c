"""UUIDs and dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.browsertrix.scalars import to_date, to_map, to_uuid
from tests.unit.browsertrix.samples import OID, as_json

MOMENT = datetime(2024, 7, 1, 17, 26, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-07-01T17:26:10Z", MOMENT),
        ("2024-07-01T17:26:10", MOMENT),
        ("2024-07-01T17:26:10+00:00", MOMENT),
        ("2024-07-01T19:26:10+02:00", MOMENT),
        ("2024-07-01T12:56:10-0430", MOMENT),
        ("2024-07-01T17:26:10.123Z", MOMENT.replace(microsecond=123000)),
        ("2024-07-01T17:26:10.123000Z", MOMENT.replace(microsecond=123000)),
        ("2024-07-01T17:26:10.123999Z", MOMENT.replace(microsecond=123000)),
        ("2024-07-01T17:26:10.499000", MOMENT.replace(microsecond=499000)),
    ],
)
def test_dates_come_with_z_offset_or_none_and_are_cut_to_the_millisecond(text: str, expected: datetime) -> None:
    date = to_date(text)
    assert date == expected
    assert date.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        *("2024-07-01", "20240701T172610Z", "2024-07-01 17:26:10", "2024-W27-1T00:00:00", "", "now"),
        *("2024-13-01T00:00:00Z", "2024-02-30T00:00:00Z", "2024-07-01T25:00:00Z", "٢٠٢٤-07-01T17:26:10Z"),
        *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2024-07-01T17:26:10Z\n"),
        *(1719854770, 1.5, True, ["2024-07-01T17:26:10Z"], {}),
    ],
)
def test_what_is_no_date_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"holds|must be in|out of range"):
        to_date(value)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
                    min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # fmt: skip
def test_dates_of_a_database_survive_json(moment: datetime) -> None:
    stored = to_date(moment)
    assert to_date(as_json({"date": stored})["date"]) == stored
    assert stored <= moment < stored + timedelta(milliseconds=1)


@given(st.uuids())
def test_uuids_survive_json_in_either_case(identifier: UUID) -> None:
    assert to_uuid(as_json({"id": identifier})["id"]) == identifier
    assert to_uuid(str(identifier).upper()) == to_uuid(identifier) == identifier


@pytest.mark.parametrize(
    "value",
    [
        *(OID.hex, f"{{{OID}}}", f"urn:uuid:{OID}", f" {OID}", f"{OID}\n", "", "upload-1", str(OID)[:-1] + "g"),
        *("4c880741-c1b7-47ae-b825-3fb15d52a76_", "4c880741c-1b7-47ae-b825-3fb15d52a760", 7, True, [str(OID)], {}),
    ],
)
def test_what_is_no_hyphenated_uuid_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="holds"):
        to_uuid(value)


@pytest.mark.parametrize("value", ["text", [], 1, False])
def test_what_is_no_map_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="instead of a map"):
        to_map(value)
