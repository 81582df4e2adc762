"""A unit whose power is cut while it starts for the first time, and its keys move into the vault."""

import os
import shutil
from itertools import count
from pathlib import Path

import pytest

from tests.chaos import disk, gate
from tests.chaos.disk import SmallDisk
from tests.chaos.gate import Call
from tests.chaos.programs import Program, Surroundings, program_server
from tests.support.hub_site import UNIT, HubSite


@pytest.mark.skipif(not disk.can_mount(), reason="only root makes disks")
@pytest.mark.skipif(not gate.is_available(), reason="this kernel has no user notification of seccomp")
def test_power_cut_before_some_step_of_the_first_start_leaves_a_unit_that_never_starts(tmp_path: Path) -> None:
    hub, mounted = HubSite(tmp_path), tmp_path / "card"
    mounted.mkdir()
    card = SmallDisk(mounted, tmp_path / "image", 16)
    around = Surroundings(hub.environment(MCA_EDGE_CONFIG=str(mounted / "unit" / "edge.toml")), tmp_path, clock=None)
    try:
        with program_server(tmp_path):
            for number in count():
                shutil.rmtree(mounted / "unit", ignore_errors=True)
                shutil.copytree(hub.unit_folder(UNIT), mounted / "unit")
                os.sync()
                first = Program("first", ["edge", "status"], around).start(_PowerCut(card, mounted, number))
                first.wait()
                if first.was_stopped:
                    card.repair()
                second = Program("second", ["edge", "status"], around).start()
                assert second.wait() == 0, f"step {number}: {second.last_words()}"
                if not first.was_stopped:
                    break
    finally:
        card.close()
    assert number > 15  # As many as there are: folders, the vault's key, the keys in it, and three files erased.


class _PowerCut:
    """Before the n-th step that the process takes on a disk, but for the database's, which has no keys in it."""

    def __init__(self, card: SmallDisk, folder: Path, number: int) -> None:
        self._card = card
        self._folder = str(folder)
        self._left = number

    def __call__(self, call: Call) -> bool:
        self._left -= call.path.startswith(self._folder) and "/data/" not in call.path
        if self._left >= 0:
            return False
        self._card.cut_power()
        return True
