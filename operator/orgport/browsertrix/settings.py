"""What an installation allows, from the ConfigMap that Browsertrix's chart makes (`backend-env-config`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from orgport.api.failures import Failure
from orgport.api.reasons import Reason


@dataclass(frozen=True)
class Settings:
    """The settings that records depend on. The defaults are those of Browsertrix's chart."""

    max_browser_windows: int = 8
    num_browsers: int = 2
    """Browser windows per crawler pod."""

    @property
    def max_crawl_scale(self) -> int:
        """Crawler pods per crawl, the measure before browser windows."""
        return math.ceil(self.max_browser_windows / self.num_browsers)


def parse_settings(config: Mapping[str, str]) -> Settings:
    """The settings of a ConfigMap; INVALID_SPEC for a number that is none."""
    default = Settings()
    num_browsers = _number(config, "NUM_BROWSERS") or default.num_browsers
    scale = _number(config, "MAX_CRAWL_SCALE")
    windows = _number(config, "MAX_BROWSER_WINDOWS") or (scale and scale * num_browsers)
    return Settings(
        max_browser_windows=windows or default.max_browser_windows,
        num_browsers=num_browsers,
    )


def _number(config: Mapping[str, str], key: str) -> int | None:
    text = str(config.get(key, "")).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise Failure(Reason.INVALID_SPEC, f"the installation's {key} is no number", suggestion="correct the ConfigMap")
    return int(text)
