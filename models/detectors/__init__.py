"""Face detectors: one module per kind of network, all answering with the same `Face`."""

from models.detectors.face import Face
from models.detectors.kinds import FaceDetector

__all__ = ["Face", "FaceDetector"]
