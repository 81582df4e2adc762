"""The people at the desk for a benchmark of the hub: browsers in a process of their own, as far as a hub can tell.

Each has the queue open as its page has: it hears the live events and fetches the lines when they are others. And each
opens one page after the other, over connections that are kept.
"""

import itertools
import multiprocessing
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests

from tests.support.console import Person

_REFERENCE = re.compile(r'class="ref">([^<]+)<')
_PATIENCE_SECONDS = 300
_RETRY_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Desk:
    """Who sits there: `names` with one password, at a console."""

    url: str
    authority: Path
    names: tuple[str, ...]
    password: str


class Watching:
    """Everybody's open queue. When each reference was first seen there, by person, as `time.perf_counter` counts."""

    def __init__(self, people: Sequence[Person]) -> None:
        """The streams are open when this returns."""
        self._seen: list[dict[str, float]] = [{} for _ in people]
        self._news = threading.Condition()
        self._stop = threading.Event()
        opened = threading.Barrier(len(people) + 1)
        for person, seen in zip(people, self._seen, strict=True):
            threading.Thread(target=self._watch, args=(person, seen, opened), daemon=True).start()
        opened.wait(_PATIENCE_SECONDS)

    def seen(self, references: Sequence[str]) -> list[list[float]]:
        """Of each reference, when each person saw it; waits until everybody has seen all."""
        with self._news:
            if not self._news.wait_for(
                lambda: all(seen.keys() >= set(references) for seen in self._seen), _PATIENCE_SECONDS
            ):
                raise TimeoutError("not everybody has seen every candidate")
            self._stop.set()
            return [[seen[reference] for seen in self._seen] for reference in references]

    def _watch(self, person: Person, seen: dict[str, float], opened: threading.Barrier) -> None:
        self._follow(person, seen, lambda: opened.wait(_PATIENCE_SECONDS))
        # A stream that ended, or broke off: the browser opens another.
        while not self._stop.wait(_RETRY_SECONDS):
            self._follow(person, seen, lambda: None)

    def _follow(self, person: Person, seen: dict[str, float], tell: Callable[[], object]) -> None:
        with (
            suppress(requests.exceptions.RequestException),
            person.session.get(person.url + "/queue/events", stream=True, timeout=_PATIENCE_SECONDS) as stream,
        ):
            tell()
            for line in stream.iter_lines(chunk_size=1):
                if self._stop.is_set():
                    return
                if line.startswith(b"data: "):
                    self._look(person, seen)

    def _look(self, person: Person, seen: dict[str, float]) -> None:
        shown = _REFERENCE.findall(person.get("/queue").text)
        now = time.perf_counter()
        with self._news:
            for reference in shown:
                seen.setdefault(reference, now)
            self._news.notify_all()


def open_pages(people: Sequence[Person], paths: Sequence[str], seconds: float) -> list[float]:
    """Everybody opens one page after the other for so long; the seconds that each took."""
    until = time.perf_counter() + seconds

    def work(person: Person) -> list[float]:
        times: list[float] = []
        for path in itertools.cycle(paths):
            began = time.perf_counter()
            if began > until:
                return times
            person.get(path).raise_for_status()
            times.append(time.perf_counter() - began)
        return times

    with ThreadPoolExecutor(len(people)) as threads:
        return [one for times in threads.map(work, people) for one in times]


class DeskProcess:
    """The desk, from the benchmark's side."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, question: str, *given: Any) -> Any:
        """One of `watch`, `seen`, `open`, with what it takes."""
        self._connection.send((question, given))
        answer = self._connection.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer


@contextmanager
def desk_process(desk: Desk) -> Iterator[DeskProcess]:
    """Everybody has signed in when the block begins."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_sit, args=(desk, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        made = DeskProcess(ours)
        made.ask("sign in")
        yield made
    finally:
        process.terminate()
        process.join()


def _sit(desk: Desk, connection: Connection) -> None:
    people = [Person(desk.url, desk.authority) for _ in desk.names]
    watching: list[Watching] = []

    def sign_in() -> None:
        for person, name in zip(people, desk.names, strict=True):
            del person.session.headers["Connection"]
            person.session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=4))
            person.sign_in(name, desk.password).raise_for_status()

    acts: dict[str, Callable[..., Any]] = {
        "sign in": sign_in,
        "watch": lambda: watching.append(Watching(people)),
        "seen": lambda references: watching.pop().seen(references),
        "open": lambda paths, seconds: open_pages(people, paths, seconds),
    }
    while True:
        question, given = connection.recv()
        try:
            connection.send(acts[question](*given))
        except Exception as error:  # noqa: BLE001  The outermost frame of this process: whoever asked is told.
            connection.send(error)
