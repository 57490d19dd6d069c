"""Bytes, rates and durations for people."""

from __future__ import annotations

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def amount(size: int) -> str:
    """Such as "2.9 TiB"."""
    number, unit = _scaled(size, _unit(size))
    return f"{number} {unit}"


def part(done: int, total: int, between: str = "/") -> str:
    """Such as "1.2/2.9 TiB": both in the unit of the total."""
    power = _unit(total)
    number, unit = _scaled(total, power)
    return f"{_scaled(done, power)[0]}{between}{number} {unit}"


def _unit(size: int) -> int:
    power = 0
    while size >= 1024 ** (power + 1) and power + 1 < len(UNITS):
        power += 1
    return power


def _scaled(size: int, power: int) -> tuple[str, str]:
    number = size / 1024**power
    return (f"{number:.0f}" if number >= 100 else f"{number:.1f}".removesuffix(".0")), UNITS[power]


def duration(seconds: float) -> str:
    """Such as "1h38m", "12m" or "40s"."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 60 * 48:
        return f"{minutes // 60}h{minutes % 60:02}m"
    return f"{minutes // (60 * 24)}d{minutes // 60 % 24}h"
