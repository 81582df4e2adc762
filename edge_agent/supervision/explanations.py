"""What each fault means, for the staff at a unit and for the technician who mends it. Pure.

A fault's code is its word in health reports (`protocol.health.Alarm`). The sentences for staff stand in the catalogues
of the screen (edge_agent/kiosk/locale) too.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocol.health import Alarm


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sentence for each reader: what to do now, and where the cause is looked for."""

    staff: str
    technician: str
    stops_intakes: bool = False  # the unit's light shows it; of the rest the screen and the hub tell


_ON_PAPER: Final = "No intake can be taken: use paper, and call the technician."

EXPLANATIONS: Final[Mapping[Alarm, Explanation]] = MappingProxyType(
    {
        Alarm.VAULT_FAILED: Explanation(
            _ON_PAPER,
            "The vault does not decrypt what it encrypted: look at the key store, then at memory and disk.",
            stops_intakes=True,
        ),
        Alarm.MODELS_FAILED: Explanation(
            _ON_PAPER,
            "The recogniser's pack does not load or does not answer: copy the pack again and compare its digest.",
            stops_intakes=True,
        ),
        Alarm.DISK_READ_ONLY: Explanation(
            _ON_PAPER,
            "The disk takes nothing: mounted read-only, often after errors, or dying: read `dmesg`, replace the card.",
            stops_intakes=True,
        ),
        Alarm.DISK_FULL: Explanation(
            _ON_PAPER,
            "No room beside `data`: look for what fills the disk; connect the unit, so that the outbox empties.",
            stops_intakes=True,
        ),
        Alarm.OUTBOX_FULL: Explanation(
            _ON_PAPER,
            "The outbox reached `outbox_max_megabytes`: connect the unit; receipts from the hub empty it.",
            stops_intakes=True,
        ),
        Alarm.CAMERA_LOST: Explanation(
            "The camera is not there: check its cable, then try again.",
            "It does not open, or gives no frames: its cable, `rpicam-hello --list-cameras`, `camera` in edge.toml, "
            "`/opt/mca/bin/python -c 'import picamera2'`.",
            stops_intakes=True,
        ),
        Alarm.CAMERA_FROZEN: Explanation(
            "The camera shows an old picture: switch this unit off and on again.",
            "Frame after frame the same to the byte: a hung camera or stream; start it anew, update its firmware.",
            stops_intakes=True,
        ),
        Alarm.CAMERA_COVERED: Explanation(
            "The camera sees nothing: uncover the lens and switch a light on.",
            "Frame after frame without any detail: lens cap, protective film, a dead sensor or no light.",
            stops_intakes=True,
        ),
        Alarm.PIN_GUESSED: Explanation(
            "Somebody typed wrong PINs many times: tell the desk, and have an eye on this unit.",
            "It stands until that person signs in, or gets a new PIN at the hub (Site staff).",
        ),
        Alarm.PANEL_MISSING: Explanation(
            "The button and the light do not work: use the screen, and call the technician.",
            "Pins are set in edge.toml and GPIO does not open: the board, the group `gpio`, the package python3-lgpio.",
        ),
        Alarm.CAMERA_COLOUR: Explanation(
            "The colours are wrong: take the picture in daylight or white light.",
            "White balance far off: coloured light, or a module without infrared filter (`camera_module`).",
        ),
        Alarm.UNDER_VOLTAGE: Explanation(
            "Go on, with the power supply that came with this unit.",
            "The board measured too little voltage: power supply, cable and what hangs on its USB ports.",
        ),
        Alarm.TOO_HOT: Explanation(
            "Go on, slower: put this unit out of the sun and leave its sides free.",
            "The processor is slowed down by heat: cooling, dust, place.",
        ),
        Alarm.NO_LIST: Explanation(
            "Go on; intakes wait until this unit has its list.",
            "No watchlist that opens: connect the unit, or bring a stick, and run `mca edge sync`.",
        ),
        Alarm.LIST_TOO_OLD: Explanation(
            "Go on; intakes wait until this unit has been connected.",
            "Nobody is compared after `stop_matching_after_hours`: connect the unit, or bring a stick.",
        ),
        Alarm.LIST_STALE: Explanation(
            "Go on, and connect this unit to the network today.",
            "The hub has not confirmed the watchlist for `warn_after_hours`: look at the network and at the hub.",
        ),
        Alarm.OUTBOX_FILLING: Explanation(
            "Go on, and connect this unit to the network today.",
            "Sightings wait past `outbox_warn_percent`: look at the network, the broker and the hub.",
        ),
        Alarm.DISK_LOW: Explanation(
            "Go on, and call the technician this week.",
            "Little room left beside `data`: look for what fills the disk; the outbox empties on the hub's receipts.",
        ),
        Alarm.DISK_WORN: Explanation(
            "Go on, and call the technician this week.",
            "The disk says that its life time ends: replace the card, and provision the unit anew.",
        ),
        Alarm.CLOCK_UNSET: Explanation(
            "Go on; the time of intakes is uncertain until this unit has been connected.",
            "No signed time from the hub since the start: connect the unit; look at the clock's battery.",
        ),
        Alarm.DEVELOPMENT_KEYS: Explanation(
            "Call the technician: this unit is not set up for real use.",
            'The vault\'s key lies beside it: provision with `--key-store tpm` or "passphrase".',
        ),
    }
)
"""The most urgent first."""

_TOLD: Final = 3
"""Sentences that fit on the small screen, and that somebody reads."""


def told_to_staff(alarms: Collection[Alarm]) -> list[str]:
    """The sentences for the most urgent of these faults; the others' turn comes when those are mended."""
    sentences = [explanation.staff for alarm, explanation in EXPLANATIONS.items() if alarm in alarms]
    return list(dict.fromkeys(sentences))[:_TOLD]
