import inspect
from dataclasses import fields
from itertools import product

import pytest

from edge_agent.panel.light import Light, Situation, choose_light
from edge_agent.panel.protocol import Panel


def situation(**changes: bool) -> Situation:
    return Situation(**{"capturing": False, "connected": True, "queued": False, "fault": False} | changes)


@pytest.mark.parametrize(
    ("changes", "light"),
    [
        ({}, Light.READY),
        ({"queued": True}, Light.QUEUED),
        ({"queued": True, "connected": False}, Light.OFFLINE),
        ({"connected": False, "fault": True}, Light.FAULT),
        ({"capturing": True, "fault": True, "connected": False}, Light.CAPTURING),
    ],
)
def test_light_says_what_matters_most(changes: dict[str, bool], light: Light) -> None:
    assert choose_light(situation(**changes)) is light


def test_panel_cannot_be_told_of_a_match() -> None:
    """Its only word is a Light, a Light follows from four flags, and none of them depends on what was found."""
    assert {name for name in vars(Panel) if not name.startswith("_")} == {"show", "close"}
    assert list(inspect.signature(Panel.show).parameters.values())[1].annotation is Light
    assert {light.value for light in Light} == {"ready", "capturing", "queued", "offline", "fault"}
    assert {field.name for field in fields(Situation)} == {"capturing", "connected", "queued", "fault"}
    assert {choose_light(Situation(*flags)) for flags in product((False, True), repeat=4)} == set(Light)
