"""What can go wrong in an evaluation, under the project's one error tree.

    RejectedError
    ├── ListRejectedError          a list of photographs or pairs has a row that cannot be used; names line and column
    └── OutputRefusedError         a report cannot be written where it was asked for

    MisconfiguredError
    ├── CacheRefusedError          the folder of cached templates is open to others, or damaged
    ├── DataMissingError           the photographs to make development lists from are not there
    └── ReportToolsMissingError    the packages that draw a report are not installed

Messages name lines and columns, never what stands in them: a path or a cell may hold a person's name.
"""

from faults import MisconfiguredError, RejectedError

__all__ = [
    "CacheRefusedError",
    "DataMissingError",
    "ListRejectedError",
    "OutputRefusedError",
    "ReportToolsMissingError",
]


class ListRejectedError(RejectedError):
    """A list has a row that cannot be used, or holds too little to measure anything. Nothing was measured."""


class OutputRefusedError(RejectedError):
    """The place for a report does not exist or cannot be written."""


class CacheRefusedError(MisconfiguredError):
    """The cache holds biometric templates and is not private, or it is damaged."""


class DataMissingError(MisconfiguredError):
    """The development photographs are not where they were said to be."""


class ReportToolsMissingError(MisconfiguredError):
    """Reports need packages that a unit or a hub does without."""
