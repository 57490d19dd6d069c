"""Properties are checked without a deadline: how fast a shared machine is, is none of theirs."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
