"""Being another user than root for a while: root can write everywhere, and would not notice a closed folder."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def plain_user() -> Iterator[Path]:
    """Act as a user without root's rights; gives an empty folder of that user's own."""
    root = os.geteuid() == 0
    # Not below pytest's own folder, which is closed to other users.
    with tempfile.TemporaryDirectory() as name:
        if root:
            os.chown(name, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)
