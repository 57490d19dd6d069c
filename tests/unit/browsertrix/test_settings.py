"""Settings of an installation."""

from __future__ import annotations

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.settings import Settings, parse_settings


@pytest.mark.parametrize(
    ("config", "windows", "browsers", "scale"),
    [
        ({}, 8, 2, 4),
        ({"MAX_BROWSER_WINDOWS": "12", "NUM_BROWSERS": "4"}, 12, 4, 3),
        ({"MAX_BROWSER_WINDOWS": "", "MAX_CRAWL_SCALE": "3", "NUM_BROWSERS": "2"}, 6, 2, 3),
        ({"MAX_BROWSER_WINDOWS": "7"}, 7, 2, 4),
        ({"NUM_BROWSERS": " 1\n"}, 8, 1, 8),
    ],
)
def test_limits_are_taken_or_have_the_charts_defaults(
    config: dict[str, str], windows: int, browsers: int, scale: int
) -> None:
    settings = parse_settings(config)
    assert settings == Settings(windows, browsers)
    assert settings.max_crawl_scale == scale


@pytest.mark.parametrize("text", ["many", "-1", "2.5", "²"])
def test_a_number_that_is_none_is_a_failure(text: str) -> None:
    with pytest.raises(Failure, match="NUM_BROWSERS is no number") as caught:
        parse_settings({"NUM_BROWSERS": text})
    assert caught.value.reason is Reason.INVALID_SPEC
