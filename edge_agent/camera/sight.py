"""Whether frames show something: covered lenses, frozen pictures and wrong colours. Pure: frames and state in, a
judgement out.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from models.images import RgbImage
from protocol.health import Alarm

BLANK_SPREAD: Final = 4.0
"""Standard deviation of grey levels. A covered lens gives near-black with a little noise, the darkest usable room far
more than this."""

BLANK_FRAMES: Final = 30

SAME_FRAMES: Final = 75
"""Frames that are equal to the byte, three seconds of a network camera: more than from one whole picture to the next in
its stream. A sensor's noise makes no two pictures equal."""

CAST: Final = 2.6
"""Ratio of the strongest to the weakest colour of the light, as `colour_cast` estimates it. Of 1,500 photographs of
people (LFW) the median has 1.18, 1 of 1,000 more than 2.23, and none more than 2.32."""

CAST_FRAMES: Final = 10

_NORM: Final = 6
_THUMBNAIL: Final = (64, 64)


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What is known after some frames. `fault`: what stands now; `shows`: whether the latest shows something new."""

    fault: Alarm | None = None
    shows: bool = True
    blank: int = 0  # frames in a row
    same: int = 0
    cast: int = 0
    latest: RgbImage | None = None

    def after(self, image: RgbImage, *, live: bool = True, colour: bool = True) -> "Sight":
        """The same after one more frame.

        `live`: from a sensor; recordings may repeat themselves. `colour`: judge the colours; a module without
        infrared filter has none to judge.
        """
        blank = self.blank + 1 if float(image.std()) < BLANK_SPREAD else 0
        repeats = live and self.latest is not None and np.array_equal(self.latest, image)
        same = self.same + 1 if repeats else 0
        cast = self.cast + 1 if colour and not blank and colour_cast(image) > CAST else 0
        shows = not blank and not repeats
        return Sight(_fault(blank, same, cast), shows, blank, same, cast, image)


def colour_cast(image: RgbImage) -> float:
    """How far from white the light is: the ratio of its strongest to its weakest colour, 1 for white.

    The light is estimated by shades of grey (Finlayson and Trezzi 2004): the Minkowski norm of order 6 of each colour
    over the pixels that are neither dark nor saturated. 1 where there are too few of them to tell.
    """
    pixels = cv2.resize(image, _THUMBNAIL, interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float64)
    brightest = pixels.max(axis=1)
    usable = pixels[(brightest > 15) & (brightest < 250)]
    if len(usable) < 100:
        return 1.0
    light = (usable**_NORM).mean(axis=0) ** (1 / _NORM)
    return float(light.max() / max(light.min(), 1.0))


def _fault(blank: int, same: int, cast: int) -> Alarm | None:
    # A covered lens behind a frozen stream is both; that it gives nothing new comes first.
    if same >= SAME_FRAMES:
        return Alarm.CAMERA_FROZEN
    if blank >= BLANK_FRAMES:
        return Alarm.CAMERA_COVERED
    return Alarm.CAMERA_COLOUR if cast >= CAST_FRAMES else None
