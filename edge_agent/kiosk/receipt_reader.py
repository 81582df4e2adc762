"""The unit's camera as a scanner: it looks for the square of a receipt, and for nothing else.

No legal basis permits a photograph here. So nothing of a frame is shown, kept or sent: it is looked through and
dropped, no face is searched for, and what comes out is the text of a receipt or one word on how to hold it.
docs/adr/0180-a-receipt-before-the-camera.md
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from edge_agent.camera.frame import Frame
from edge_agent.kiosk.lens import Lens, SharedCamera
from edge_agent.kiosk.ticker import Ticker
from faults import MissingChildAlertError
from models.images.receipt_code import read_code
from protocol.withdrawal import WithdrawalCodeError, read_token


class Seen(StrEnum):
    """What the latest frame showed."""

    NOTHING = "nothing"
    SQUARE = "square"  # one that cannot be read yet
    OTHER = "other"  # one that is not of a receipt
    RECEIPT = "receipt"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Glance:
    """All that leaves the reader. `number` rises with each change; `turn` when the page is to be shown anew."""

    number: int = 0
    turn: int = 0
    seen: Seen = Seen.NOTHING


class ReceiptReader:
    """Looks from `open` to `close`, or until a receipt was read."""

    def __init__(self, camera: SharedCamera, ticker: Ticker) -> None:
        """`ticker` ticks whenever there is another glance."""
        self._lens = Lens(camera, self)
        self.ticker = ticker
        self.glance = Glance()
        self.text = ""  # of the receipt, once it was read
        self.problem: MissingChildAlertError | None = None

    def open(self) -> None:
        """Open the camera. What goes wrong is told in `problem`."""
        self._lens.open()

    def close(self) -> None:
        """Have the camera closed; does not wait for it."""
        self._lens.close()

    def see(self, frame: Frame) -> bool:
        """A frame of the lens."""
        text = read_code(frame.image)
        if text is None:
            self._turn_to(Seen.NOTHING)
        elif not text:
            self._turn_to(Seen.SQUARE)
        elif not _is_receipt(text):
            self._turn_to(Seen.OTHER)
        else:
            self.text = text
            self._turn_to(Seen.RECEIPT, anew=True)
        return not self.text

    def begin_again(self) -> bool:
        """A photograph or a video is looked at again."""
        return not self.text

    def fail(self, problem: MissingChildAlertError) -> None:
        """The camera is lost, covered or frozen."""
        self.problem = problem
        self._turn_to(Seen.FAILED, anew=True)

    def _turn_to(self, seen: Seen, *, anew: bool = False) -> None:
        if seen is not self.glance.seen:
            before = self.glance
            self.glance = replace(before, number=before.number + 1, turn=before.turn + anew, seen=seen)
            self.ticker.tick()


def _is_receipt(text: str) -> bool:
    try:
        read_token(text)
    except WithdrawalCodeError:
        return False
    return True
