"""`python -m bench SUBJECT [ARGUMENT ...]`: measure one subject, and print a table for README.md."""

from __future__ import annotations

import sys
from importlib import import_module

SUBJECTS = ("small", "controller", "sync", "latency", "database")
"""Each a module or package of this folder with a `main(*arguments: str)`."""


def main(subject: str = "", *arguments: str) -> None:
    if subject not in SUBJECTS:
        sys.exit(f"say what to measure: python -m bench {'|'.join(SUBJECTS)}")
    import_module(f"bench.{subject}").main(*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
