"""Logs: structured, on standard error, for machines when nobody watches. They name events, never children."""

import io
import logging
import os
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from faults import MisconfiguredError


class LogLevelError(MisconfiguredError):
    """MCA_LOG_LEVEL is not a level."""


def withhold_bytes(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace every byte string and array of an event by its size: faces, templates and keys are made of them."""
    for key, value in event.items():
        if isinstance(value, (bytes, bytearray, memoryview)) or hasattr(value, "__array__"):
            event[key] = f"<{len(value)} withheld>"
    return event


class _StandardError(io.TextIOBase):
    """Standard error, which never stops the work: what a full disk or a closed pipe does not take is left out."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def configure_logs() -> None:
    """Set structlog up once for the process. Raises LogLevelError."""
    name = os.environ.get("MCA_LOG_LEVEL", "info").upper()
    level = logging.getLevelNamesMapping().get(name)
    if level is None:
        raise LogLevelError(f"MCA_LOG_LEVEL is {name!r}; use debug, info, warning or error.")
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            withhold_bytes,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _StandardError())),
        cache_logger_on_first_use=True,
    )
