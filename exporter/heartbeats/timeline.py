"""The receiver's own history: when it did not listen, and when the wall clock jumped ahead."""

from exporter.heartbeats.schedules import Gap
from exporter.heartbeats.store import ClockEvent

KEPT = 1000  # of each; a wait that spans more is a heartbeat nobody could judge anyway


class Timeline:
    """Own downtime and forward jumps, all in the wall clock's present reckoning, oldest first."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self.jumps: list[Gap] = []

    def take(self, event: ClockEvent) -> None:
        if event.kind == "down":
            self.gaps = [*self.gaps[-KEPT:], Gap(event.start, event.end)]
            return
        step = event.end - event.start
        self.gaps = [Gap(gap.start + step, gap.end + step) for gap in self.gaps]
        self.jumps = [Gap(jump.start + step, jump.end + step) for jump in self.jumps[-KEPT:]]
        if step > 0:
            self.jumps.append(Gap(event.start, event.end))
