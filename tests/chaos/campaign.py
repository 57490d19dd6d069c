"""All trials of a test run, as many at once as there are lanes; what each took is written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue

from tests.chaos.cells import FAULTS, Cell
from tests.chaos.expected import Undisturbed
from tests.chaos.lanes import Lane
from tests.chaos.places import PLACES, Kind, Place
from tests.chaos.trial import Trial

Free = dict[Kind, SimpleQueue[Lane]]


@dataclass(frozen=True)
class Record:
    """How a trial went: seconds from the fault to the run's end, and pods that failed on the way."""

    what: str
    place: Place
    seconds: float
    failed_pods: int


@dataclass
class Campaign:
    """Lanes, and what has been tried in them."""

    undisturbed: Undisturbed
    free: Free
    threads: ThreadPoolExecutor
    records: list[Record] = field(default_factory=list)
    _trials: dict[Cell, Future[None]] = field(default_factory=dict)

    def begin(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            self._trials[cell] = self.threads.submit(self._try, cell)

    def wait_for(self, cell: Cell) -> None:
        """Return when the cell's trial has gone well; else raise what it raised."""
        self._trials[cell].result()

    def _try(self, cell: Cell) -> None:
        with self.lane(cell.place.kind) as lane:
            trial = self.trial(lane, cell.place, str(cell))
            with self.ending_well(lane, trial, cell.fault):
                FAULTS[cell.fault](lane, trial)

    def trial(self, lane: Lane, place: Place, name: str) -> Trial:
        """A run that stands in its place."""
        trial = Trial(place, name, self.undisturbed.spec(place.kind, lane, f"{name}/"))
        trial.begin(lane)
        return trial

    @contextmanager
    def ending_well(self, lane: Lane, trial: Trial, what: str) -> Iterator[None]:
        """What happens inside happens to the run; then it goes on, and must come to what it would have come to."""
        began = datetime.now(UTC)
        yield
        lane.open()
        status = trial.succeeded(lane)
        seconds = (datetime.fromisoformat(status["completionTime"]) - began).total_seconds()
        self.undisturbed.is_what(lane, trial)
        trial.leaves_nothing(lane, status)
        failed = sum(step.get("failedPods", 0) for step in status["steps"])
        self.records.append(Record(what, trial.place, seconds, failed))

    @contextmanager
    def lane(self, kind: Kind) -> Iterator[Lane]:
        """A lane that nobody else uses meanwhile, for runs of a kind; empty in front of an import."""
        lane = self.free[kind].get()
        try:
            yield lane
        finally:
            lane.clear()
            if kind == "OrgImport":
                lane.empty()
            self.free[kind].put(lane)

    @contextmanager
    def one_in_each_place(self, name: str) -> Iterator[list[tuple[Lane, Trial]]]:
        """Six runs, each held in another step or kind."""
        with ExitStack() as stack:
            lanes = [stack.enter_context(self.lane(place.kind)) for place in PLACES]
            names = [f"{name}-{place}" for place in PLACES]
            trials = list(self.threads.map(self.trial, lanes, PLACES, names))
            yield list(zip(lanes, trials, strict=True))
