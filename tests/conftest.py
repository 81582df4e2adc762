"""What every test may count on."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Two noisy cores: a slow example says nothing about the program.
settings.register_profile("suite", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(scope="session")
def evaluation_data() -> Path:
    """The folder of evaluation photographs; the test is skipped where MCA_DATA names none."""
    folder = os.environ.get("MCA_DATA")
    if not folder:
        pytest.skip("MCA_DATA is not set: the evaluation photographs are not on this machine")
    return Path(folder)
