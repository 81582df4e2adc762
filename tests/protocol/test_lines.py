"""Lines of text: a name that cannot be written as it is spelled, and characters that make a line something else."""

import pytest

from protocol.lines import is_line


@pytest.mark.parametrize(
    "name", ["Mina", "মিনা", "র\u200d\u09cdযাচেল", "मीना", "गर\u094d\u200dयो", "مینا", "علی\u200cرضا", "👧 Mina"]
)
def test_name_is_refused_for_its_script(name: str) -> None:
    assert is_line(name)


@pytest.mark.parametrize(
    "unseen", ["\n", "\t", "\x07", "\x7f", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\ud800"]
)
def test_unseen_character_turns_a_line_into_another(unseen: str) -> None:
    assert not is_line(f"Mi{unseen}na")
