"""`python -m bench SUBJECT [ARGUMENT ...]`: measure one subject, and print a table for README.md."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules

import bench

SUBJECTS = sorted(found.name for found in iter_modules(bench.__path__) if not found.name.startswith("_"))
"""Every module and package of this folder, each with a `main(*arguments: str)`."""


def main(subject: str = "", *arguments: str) -> None:
    if subject not in SUBJECTS:
        sys.exit(f"say what to measure: python -m bench {'|'.join(SUBJECTS)}")
    import_module(f"bench.{subject}").main(*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
