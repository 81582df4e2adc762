"""The text of a receipt, from where somebody has it: pasted, in a file, or as a picture of its QR code."""

from pathlib import Path
from typing import Any, Final

import cv2
from numpy.typing import NDArray

from faults import RejectedError
from models.images.codec import RgbImage, decode_image

_BEGINNINGS: Final = ("MCA1:", "MCAW")
_MAX_FILE: Final = 32 * 1024 * 1024
_SCALES: Final = (1.0, 2.0, 0.5)
_LIVE_SCALES: Final = (1.0, 2.0)


class ReceiptUnreadableError(RejectedError):
    """What was given holds no receipt that could be read."""


def receipt_text(source: str) -> str:
    """The text that `source` is, or that the file of this name holds, as text or as a QR code.

    Raises ReceiptUnreadableError, or models' ImageRejectedError for a file that is neither.
    """
    if source.lstrip().upper().startswith(_BEGINNINGS):
        return source
    data = _read(Path(source))
    if data.lstrip()[:5].upper().decode("ascii", "replace").startswith(_BEGINNINGS):
        return data.decode("ascii", "replace")
    return _from_picture(data)


def read_code(frame: RgbImage) -> str | None:
    """The text of a QR code in one of many frames (height, width, 3) uint8 RGB.

    "" where a code is seen that cannot be read, None where none is seen. Of a receipt's code (93 squares wide) half of
    a frame's height is enough at 1280×960 pixels, and two thirds at 640×480.
    """
    picture = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    detector, seen = cv2.QRCodeDetectorAruco(), False
    for scale in _LIVE_SCALES:
        text, corners, _straight = detector.detectAndDecode(_scaled(picture, scale))
        if text:
            return str(text)
        seen = seen or corners is not None
    return "" if seen else None


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_FILE:
            raise ReceiptUnreadableError(f"{path} is too large to be a receipt.")
        return path.read_bytes()
    except OSError as error:
        raise ReceiptUnreadableError(
            f"{path} cannot be read ({error.strerror}). Give the receipt's text, which begins with MCA1:, or a file "
            "with it or with a picture of its code."
        ) from error


def _from_picture(data: bytes) -> str:
    picture = cv2.cvtColor(decode_image(data), cv2.COLOR_RGB2GRAY)
    # Each detector misses codes that the other finds, and squares that are very small or large in the picture.
    detectors = (cv2.QRCodeDetectorAruco(), cv2.QRCodeDetector())
    for scale in _SCALES:
        scaled = _scaled(picture, scale)
        for detector in detectors:
            text, _corners, _straight = detector.detectAndDecode(scaled)
            if text:
                return str(text)
    raise ReceiptUnreadableError(
        "No code was found in this picture. Photograph the receipt again: flat, sharp, filling the picture, with its "
        "white edge."
    )


def _scaled(picture: NDArray[Any], scale: float) -> NDArray[Any]:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how)
