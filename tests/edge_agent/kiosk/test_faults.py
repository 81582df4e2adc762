"""What is wrong with the unit, as staff at the screen are told."""

import pytest

from edge_agent.bootstrap import Unit
from edge_agent.kiosk.languages import say
from edge_agent.supervision.explanations import EXPLANATIONS
from protocol.basis import Language
from protocol.health import Alarm
from tests.edge_agent.kiosk.screen import screen_of


@pytest.mark.parametrize("language", Language)
def test_fault_is_not_told_or_in_another_language(unit: Unit, language: Language) -> None:
    with screen_of(unit, faults=frozenset({Alarm.DISK_FULL, Alarm.PANEL_MISSING}), kiosk_language=language) as screen:
        screen.sign_in()
        page = screen.get("/").text
        for alarm in (Alarm.DISK_FULL, Alarm.PANEL_MISSING, Alarm.NO_LIST):
            assert say(language, EXPLANATIONS[alarm].staff) in page
        # The most urgent ones, and no more than fit.
        assert say(language, EXPLANATIONS[Alarm.CLOCK_UNSET].staff) not in page


def test_unit_in_order_is_called_faulty(unit: Unit) -> None:
    with screen_of(unit) as screen:
        screen.sign_in()
        page = screen.get("/").text
        assert EXPLANATIONS[Alarm.DISK_FULL].staff not in page
