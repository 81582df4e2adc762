"""A log that cannot be written is no reason to stop looking for children."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import structlog
from mca.logs import configure_logs

configure_logs()
for number in range(20_000):
    structlog.get_logger().info("event", number=number)
print("went on")
"""


def test_full_disk_under_the_log_ends_the_program() -> None:
    with Path("/dev/full").open("w") as log:
        done = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=log, check=False)
    assert done.stdout == b"went on\n"


def test_closed_pipe_under_the_log_ends_the_program() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stderr is not None
        assert program.stdout is not None
        program.stderr.close()
        assert program.stdout.read() == b"went on\n"


def test_line_of_the_log_is_lost_where_it_can_be_written() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert len(done.stderr.splitlines()) == 20_000
