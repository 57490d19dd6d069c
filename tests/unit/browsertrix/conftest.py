"""How long an example may take says nothing here: machines that run other things meanwhile are slow at times."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
