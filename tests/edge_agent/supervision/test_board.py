"""Voltage, heat and disk, as trees of sysfs tell them."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.supervision.disk import Disk, read_disk
from edge_agent.supervision.power import Power, read_power
from protocol.health import Alarm


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("word", "faults"),
    [
        (0x0, []),
        (0x1, [Alarm.UNDER_VOLTAGE]),
        (0x10000, [Alarm.UNDER_VOLTAGE]),  # A dip since the start.
        (0x50005, [Alarm.UNDER_VOLTAGE, Alarm.TOO_HOT]),
        (0x8, [Alarm.TOO_HOT]),
        (0x2, [Alarm.TOO_HOT]),
        (0x3, [Alarm.UNDER_VOLTAGE]),  # Slowed down for want of voltage.
        (0x80000, []),  # It was hot, and is not.
    ],
)
def test_firmware_word_is_read_as_the_firmware_means_it(word: int, faults: list[Alarm]) -> None:
    assert list(Power(word, 50).faults()) == faults


@pytest.mark.parametrize("board", ["soc/soc:firmware", "soc@107c000000:firmware"])
def test_both_kinds_of_boards_are_read(tmp_path: Path, board: str) -> None:
    write(tmp_path / "devices/platform" / board / "get_throttled", "50005\n")
    write(tmp_path / "class/thermal/thermal_zone0/temp", "81234\n")
    assert read_power(tmp_path) == Power(0x50005, 81.234)


def test_kernel_with_a_sensor_instead_of_the_firmwares_word_is_not_asked(tmp_path: Path) -> None:
    for number, (name, alarm) in enumerate((("cpu_thermal", "1"), ("rpi_volt", "0"))):
        write(tmp_path / f"class/hwmon/hwmon{number}/name", f"{name}\n")
        write(tmp_path / f"class/hwmon/hwmon{number}/in0_lcrit_alarm", f"{alarm}\n")
    assert read_power(tmp_path) == Power(None, None)
    write(tmp_path / "class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert list(read_power(tmp_path).faults()) == [Alarm.UNDER_VOLTAGE]


def test_machine_that_tells_nothing_has_no_such_faults(tmp_path: Path) -> None:
    assert read_power(tmp_path) == Power(None, None)
    assert not list(Power(None, None).faults())


WELL = Disk(free=10**10, size=10**11, read_only=False, life_used=None, reserve=None)


@pytest.mark.parametrize(
    ("disk", "faults"),
    [
        (WELL, []),
        (replace(WELL, free=100 * 10**6), [Alarm.DISK_LOW]),
        (replace(WELL, free=1000), [Alarm.DISK_FULL]),
        (replace(WELL, free=1000, read_only=True), [Alarm.DISK_READ_ONLY]),
        (replace(WELL, life_used=8), []),
        (replace(WELL, life_used=9), [Alarm.DISK_WORN]),
        (replace(WELL, reserve=2), [Alarm.DISK_WORN]),
    ],
)
def test_state_of_a_disk_is_told(disk: Disk, faults: list[Alarm]) -> None:
    assert list(disk.faults()) == faults


@pytest.mark.parametrize("encrypted", [False, True])
def test_life_time_is_that_of_the_whole_device_and_of_its_more_worn_cells(tmp_path: Path, encrypted: bool) -> None:
    number = tmp_path.stat().st_dev
    card, mapped = tmp_path / "devices/mmcblk0", tmp_path / "devices/virtual/block/dm-0"
    write(card / "device/life_time", "0x02 0x0a\n")
    write(card / "device/pre_eol_info", "0x01\n")
    write(card / "mmcblk0p2/partition", "2\n")
    (mapped / "slaves").mkdir(parents=True)
    (mapped / "slaves/mmcblk0p2").symlink_to(card / "mmcblk0p2")
    link = tmp_path / f"dev/block/{os.major(number)}:{os.minor(number)}"
    link.parent.mkdir(parents=True)
    link.symlink_to(mapped if encrypted else card / "mmcblk0p2")
    found = read_disk(tmp_path, tmp_path)
    assert (found.life_used, found.reserve) == (10, 1)
    assert found.size > found.free > 0


def test_disk_that_does_not_tell_its_age_is_not_worn(tmp_path: Path) -> None:
    assert read_disk(tmp_path, tmp_path).life_used is None
