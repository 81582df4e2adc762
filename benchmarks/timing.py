"""Time measured the same way everywhere: one core, medians, wall clock."""

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Stopwatch", "processor", "stay_on_one_core"]


class Stopwatch:
    """Collects times by stage, in milliseconds."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._times[name].append((time.perf_counter() - start) * 1e3)

    def medians(self) -> dict[str, float]:
        """Median of each stage in milliseconds, stages in the order they first ran."""
        return {name: round(statistics.median(times), 3) for name, times in self._times.items()}


def stay_on_one_core() -> None:
    """Bind this process to one core, so that no library quietly uses more threads than another."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def processor() -> str:
    """The processor's model as the system names it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith(("model name", "Model"))]
    return named[0] if named else "unknown processor"
