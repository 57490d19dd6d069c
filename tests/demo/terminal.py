"""What the demo prints: headings, notes, and one line that changes while a run goes on."""

from __future__ import annotations

import sys
import time

BEGAN = time.monotonic()
WIDTH = 100


def heading(text: str) -> None:
    print(f"\n== {text}  [{time.monotonic() - BEGAN:.0f} s]", flush=True)


def note(text: str) -> None:
    for line in text.splitlines():
        print(f"   {line}", flush=True)


class Ticker:
    """A line that is written over on a terminal; elsewhere a line for every change."""

    def __init__(self) -> None:
        self.shown = ""

    def show(self, text: str) -> None:
        if text == self.shown:
            return
        self.shown = text
        if sys.stdout.isatty():
            print(f"\r   {text[:WIDTH]:<{WIDTH}}", end="", flush=True)
        else:
            note(text)

    def end(self) -> None:
        if sys.stdout.isatty() and self.shown:
            print(flush=True)
