"""One template from the captures of an intake, so that one child is searched for once.

With unit templates t of the captures and their weights w (1 to 100: the worst measure of each picture),

    fused = sum(w t) / |sum(w t)|

Averaging removes what differs from frame to frame (blur, blinking, noise) and keeps the face; a dark or turned
frame counts for less. Only captures of one moment are fused, never the photographs of a case.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from edge_agent.faces.capture import Capture
from edge_agent.faces.subject import SeveralFacesError
from models.recogniser import Recogniser
from models.template import Template, similarity, template_of

SAME_PERSON: Final = 0.3
"""Cosine that frames of one moment reach: one person's reach 0.6 and more, strangers' mostly stay below 0.2."""


def fuse(captures: Sequence[Capture], recogniser: Recogniser) -> Template:
    """The fused template of at least one capture.

    Raises SeveralFacesError when the captures do not show one person: somebody else stepped before the camera,
    or a folder holds photographs of two people. Raises models' TemplateRejectedError as `Recogniser.embed` does.
    """
    templates = recogniser.embed([capture.crop for capture in captures])
    if any(similarity(templates[0], other) < SAME_PERSON for other in templates[1:]):
        raise SeveralFacesError(
            "The pictures do not all show the same person. Take them again with one person before the camera."
        )
    if len(templates) == 1:
        return templates[0]
    weights = np.array([capture.weight for capture in captures])
    return template_of(weights @ np.stack([template.vector for template in templates]), templates[0].pack_digest)
