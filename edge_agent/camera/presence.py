"""Whether a camera is there, without taking a picture: nothing is photographed before a legal basis is recorded."""

import socket
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge_agent.camera.source import CameraChoice

_SECONDS: Final = 3.0
_RTSP_PORT: Final = 554


def is_there(choice: CameraChoice, devices: Path = Path("/dev")) -> bool:
    """Whether the system lists the camera, the network camera's port answers, or the file exists."""
    if choice.pi_camera is not None:
        # Only a Raspberry Pi has what this needs.
        from edge_agent.camera.picamera2_source import is_listed

        return is_listed(choice.pi_camera)
    if choice.source.isdecimal():
        return (devices / f"video{choice.source}").exists()
    if choice.live:
        return _answers(choice.source)
    return Path(choice.source).exists()


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or _RTSP_PORT), _SECONDS):
            return True
    except (OSError, ValueError):  # ValueError: a port that is no number.
        return False
