"""The first lines of a program that a campaign starts: its clock, its gate, its files, and then `mca` itself."""

import ctypes
import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from pathlib import Path

from mca.__main__ import main
from tests.chaos.clock import go_by
from tests.chaos.gate import close_gate

_PARENT_DEATH_SIGNAL = 1
# Loaded once, in the server from which programs are forked: else a cycle would spend its time on imports.
PRELOADED = (
    "tests.chaos.entry",
    "edge_agent.bootstrap",
    "edge_agent.faces.capture",
    "hub.bootstrap",
    "hub.server",
    "alembic.command",
    "onnxruntime",
    "uvicorn.protocols.http.h11_impl",
)


@dataclass(frozen=True, slots=True)
class Launch:
    """How a program begins. With `gate`, its steps wait for whoever holds the connection's other end."""

    arguments: list[str]
    environment: dict[str, str]
    output: Path
    log: Path
    clock: Path | None
    gate: Connection | None


def enter(launch: Launch) -> None:
    """Become `mca ARGUMENTS`, until the campaign ends, however it ends."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    os.environ.clear()
    os.environ.update(launch.environment)
    for path, descriptor in ((launch.output, 1), (launch.log, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    if launch.clock is not None:
        go_by(launch.clock)
    if launch.gate is not None:
        with launch.gate:
            listener = close_gate()
            send_handle(launch.gate, listener, None)  # By sendmsg, which does not wait at the gate.
        os.close(listener)
    sys.argv = ["mca", *launch.arguments]
    main()
