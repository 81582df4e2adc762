"""The outermost frame of every command: an error of ours is one clear line, and an exit code says whose turn it is."""

import sys

from faults import MisconfiguredError, MissingChildAlertError, RejectedError
from mca.cli import app
from mca.logs import configure_logs

_REJECTED, _MISCONFIGURED, _UNAVAILABLE = 1, 2, 3


def main() -> None:
    """Run a command. Exit code 1: the input is wrong; 2: this installation is; 3: try again later."""
    configure_logs()
    try:
        app()
    except MissingChildAlertError as error:
        print(f"mca: {error}", file=sys.stderr)  # noqa: T201  The message is for the person at the terminal.
        sys.exit(_exit_code(error))


def _exit_code(error: MissingChildAlertError) -> int:
    if isinstance(error, RejectedError):
        return _REJECTED
    return _MISCONFIGURED if isinstance(error, MisconfiguredError) else _UNAVAILABLE


if __name__ == "__main__":
    main()
