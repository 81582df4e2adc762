"""`scripts/chaos --cycles N --seed S`: a campaign of faults against the real programs."""

import argparse
import fcntl
import logging
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import structlog

from tests.chaos.campaign import Campaign, Plan, Report
from tests.chaos.faults import KINDS

_ALONE = "MCA_CHAOS_ALONE"
_SET_FLAGS, _UP = 0x8914, 1  # SIOCSIFFLAGS, IFF_UP


def main() -> int:
    """Exit code 1 when something was lost, doubled or unequal; then everything is left as it was found."""
    options = _options()
    # Looking at a unit opens its vault, which warns each time of the kind of keys that tests have.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    _be_alone()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="mca-chaos-", dir=options.folder))
    plan = Plan(
        options.seed,
        options.first,
        options.cycles,
        options.lanes,
        folder,
        tuple(options.only),
        postgresql=options.database == "postgresql",
    )
    report = Campaign(plan, _tell).run()
    if options.report is not None:
        options.report.write_text(report.to_json())
    sys.stdout.write("\n".join(_lines(report)) + "\n")
    if report.failures:
        again = f"scripts/chaos --seed {plan.seed} --database {options.database} --first CYCLE --cycles 1"
        sys.stdout.write(f"\nLogs and databases are in {folder}. To repeat a cycle: {again}\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="The number of the first cycle, to repeat one.")
    parser.add_argument("--lanes", type=int, default=os.cpu_count(), help="Installations that work at once.")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite", help="Of the hubs.")
    parser.add_argument("--only", choices=sorted(KINDS), action="append", default=[], help="May be repeated.")
    parser.add_argument("--folder", type=Path, help="On the disk to be used; without it, that of temporary files.")
    parser.add_argument("--report", type=Path, metavar="FILE", help="Write what happened there as one JSON object.")
    return parser.parse_args()


def _be_alone() -> None:
    """As root: no disk stays mounted, however a campaign ends, and nobody takes the port of a hub that is down."""
    apart = ["unshare", "--mount", "--net"]
    if _ALONE not in os.environ:
        # Root in a container often may not.
        if os.geteuid() != 0 or shutil.which(apart[0]) is None:
            return
        if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode != 0:
            return
        os.environ[_ALONE] = "yes"
        os.execvp(apart[0], [*apart, sys.executable, "-m", "tests.chaos", *sys.argv[1:]])
    with socket.socket() as any_socket:  # A network of one's own begins with a loopback device that is down.
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP))


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _lines(report: Report) -> Iterator[str]:
    database = "PostgreSQL" if report.postgresql else "SQLite"
    yield f"{report.cycles} cycles with seed {report.seed} on {database} in {report.seconds:.0f} s"
    for name, count in sorted(report.faults.items()):
        at_the_step = f", {report.stopped[name]} of them at the step" if report.stopped[name] else ""
        yield f"  {count:6} {name}{at_the_step}"
    for counts in (report.attempts, report.ended):
        yield from (f"  {count:6} {name}" for name, count in sorted(counts.items()))
    yield from (f"  left out: {name}, which needs {need}" for name, need in report.left_out.items())
    yield from (f"\nFAILED {failure}" for failure in report.failures)


if __name__ == "__main__":
    sys.exit(main())
