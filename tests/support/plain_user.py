"""Being another user than root for a while: root can write everywhere, and would not notice a closed folder."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534
_SOURCE = Path(__file__).parents[2]


@contextmanager
def plain_user() -> Iterator[Path]:
    """Act as a user without root's rights; gives an empty folder of that user's own.

    The test is skipped where root keeps this checkout in a folder that no other user may enter.
    """
    root = os.geteuid() == 0
    # Not below pytest's own folder, which is closed to other users.
    with tempfile.TemporaryDirectory() as name:
        if root:
            os.chown(name, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            if not os.access(_SOURCE, os.R_OK | os.X_OK, effective_ids=True):
                pytest.skip("this checkout is closed to other users than root")
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)
