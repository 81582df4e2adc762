"""Lines of text: a name that cannot be written as it is spelled, and characters that make a line something else."""

import pytest

from protocol.lines import is_line, plain_line


@pytest.mark.parametrize(
    "name", ["Mina", "মিনা", "র\u200d\u09cdযাচেল", "मीना", "गर\u094d\u200dयो", "مینی", "بی\u200cبی", "👧 Mina"]
)
def test_name_is_refused_for_its_script(name: str) -> None:
    assert is_line(name)


@pytest.mark.parametrize(
    "unseen", ["\n", "\t", "\x07", "\x7f", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\ud800"]
)
def test_unseen_character_turns_a_line_into_another(unseen: str) -> None:
    assert not is_line(f"Mi{unseen}na")


def test_mark_that_a_keyboard_adds_unseen_keeps_a_name_from_being_recorded() -> None:
    assert plain_line(" \u200fمینی\u200e\u00a0 بی بی\n\x00") == "مینی بی بی"
    assert plain_line("গর\u09cd\u200dযো \ufeff") == "গর\u09cd\u200dযো"
