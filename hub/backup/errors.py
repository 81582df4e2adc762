"""What can be wrong with a backup."""

from faults import MisconfiguredError, RejectedError


class BackupDamagedError(RejectedError):
    """The backup is cut off, altered, or of another hub. Nothing of it was restored."""


class RestoreRefusedError(RejectedError):
    """Something stands where a backup was to be made or restored. Nothing was changed."""


class BackupSettingsError(MisconfiguredError):
    """This hub cannot be backed up as it is set up."""
