"""From the switch in the case to keys that are gone: the real agent, its real panel, gpiozero's simulated lines."""

import subprocess
import sys
from pathlib import Path

from edge_agent.atrest.keys import UnitZeroisedError
from edge_agent.bootstrap import places
from edge_agent.config import load_settings
from models.recogniser import Recogniser
from tests.edge_agent.panel.boxed_agent import TAMPER_PIN
from tests.edge_agent.site import EdgeProcess, Site, synchronise, take
from tests.support.hub_simulator import PATIENCE


def test_opened_case_leaves_a_key_or_a_child_on_the_disk(listed: Site, recogniser: Recogniser) -> None:
    with listed.open() as unit:
        synchronise(unit)
        take(unit, recogniser, "obama2.jpg")
        take(unit, recogniser, "biden.jpg")
    secrets = places(load_settings(listed.unit / "edge.toml"))
    assert {path.name for path in files(listed.data)} >= {"unit.sqlite", "installed.json"}
    with boxed_agent(listed) as agent:
        agent.wait_for("edge.ready")
        # A knock on the case is over before it counts; this is a case that is opened.
        assert agent.process.stdin is not None
        agent.process.stdin.write("open\n")
        agent.process.stdin.flush()
        assert agent.process.wait(60 * PATIENCE) == 2
        agent.process.stdin.close()
        told = [event["event"] for event in agent.log]
    assert told.index("panel.opened") < told.index("unit.keys_destroyed") < told.index("unit.zeroised")
    assert not secrets.store.exists()
    assert not secrets.keys.exists()
    assert not any(path.exists() for path in secrets.plain)
    assert files(listed.data) == []
    started = listed.run("run")
    assert started.returncode == 2
    assert UnitZeroisedError.__name__ in started.stderr or "zeroised" in started.stderr


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def boxed_agent(site: Site) -> EdgeProcess:
    changes = {"MCA_EDGE_PANEL_TAMPER_PIN": str(TAMPER_PIN)}
    return EdgeProcess(
        subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.edge_agent.panel.boxed_agent"],
            cwd=Path(__file__).parents[3],
            env=site.environment(changes),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )
