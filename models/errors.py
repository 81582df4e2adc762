"""What can go wrong with images, packs and templates, under the project's one error tree.

    RejectedError                 drop the input and say what is wrong with it
    ├── ImageRejectedError        a photograph that is too large, damaged, or not a JPEG, PNG or WebP file
    ├── TemplateRejectedError     bytes or numbers that are no template of this pack
    └── PackMismatchError         templates of two embedding spaces were about to be compared

    MisconfiguredError            stop and say what to change in this installation
    ├── PackRejectedError         a pack is incomplete, altered, or described by an invalid manifest
    ├── LicenceRefusedError       a pack's licence is not among the permitted ones
    └── BuildRefusedError         a pack cannot be built here: a tool is missing, or a source is not the pinned one

    UnavailableError              nothing is lost; try again later
    └── SourceUnavailableError    the place a pack is fetched from does not answer

A pack that fails its checks is `MisconfiguredError` and not `RejectedError`: a unit must not go on
without a recogniser, and only a technician can put the right files there.
"""

from faults import MisconfiguredError, RejectedError, UnavailableError

__all__ = [
    "BuildRefusedError",
    "ImageRejectedError",
    "LicenceRefusedError",
    "PackMismatchError",
    "PackRejectedError",
    "SourceUnavailableError",
    "TemplateRejectedError",
]


class ImageRejectedError(RejectedError):
    """The file is not a photograph this program accepts. A different photograph is needed."""


class TemplateRejectedError(RejectedError):
    """The bytes or numbers are not a template: wrong length, not finite, or not of unit length."""


class PackMismatchError(RejectedError):
    """Two templates come from different embedding spaces; a score between them would mean nothing."""


class PackRejectedError(MisconfiguredError):
    """The pack's files or its manifest are not what they should be. The message names the file."""


class LicenceRefusedError(MisconfiguredError):
    """The pack's licence is not one this installation permits."""


class BuildRefusedError(MisconfiguredError):
    """The pack cannot be built on this machine, or from what its sources now hold."""


class SourceUnavailableError(UnavailableError):
    """The registry, mirror or server that holds a pack's files does not answer now."""
