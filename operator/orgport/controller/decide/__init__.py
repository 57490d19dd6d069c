"""What to do about a run, as a pure function of what is seen of it."""

from orgport.controller.decide.core import decide
from orgport.controller.decide.decision import Decision, Deletion, Event, JobPatch, Refusal, Surroundings
from orgport.controller.manifests import Settings

__all__ = ["Decision", "Deletion", "Event", "JobPatch", "Refusal", "Settings", "Surroundings", "decide"]
