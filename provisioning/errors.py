"""Errors of provisioning.

RejectedError
├── AlreadyProvisionedError   the authority or unit exists and is never overwritten
├── ForeignNameError          a unit, site or slice that is not this hub's
├── NoSuchUnitError           a unit that was never provisioned here, or is revoked
├── InvalidAddressError       a host or port that no peer could dial
├── RootChangeError           a change of the TUF root that cannot be made, or not as it was proposed
└── SignaturesMissingError    a proposed root that too few holders of root keys have signed
MisconfiguredError
├── NotProvisionedError       the folder holds no authority
├── DamagedFolderError        a file of an authority is missing or is not what belongs there
└── ClockError                this machine's clock lies outside the authority's lifetime
"""

from faults import MisconfiguredError, RejectedError


class AlreadyProvisionedError(RejectedError):
    """What was asked for exists, and provisioning never overwrites."""


class ForeignNameError(RejectedError):
    """The name does not belong to this hub."""


class NoSuchUnitError(RejectedError):
    """The unit was never provisioned here, or it is revoked."""


class InvalidAddressError(RejectedError):
    """A host or port that no peer could dial."""


class RootChangeError(RejectedError):
    """A change of the TUF root that cannot be made, or not as it was proposed."""


class SignaturesMissingError(RejectedError):
    """Too few holders of root keys have signed the proposed root."""


class NotProvisionedError(MisconfiguredError):
    """The folder holds no authority."""


class DamagedFolderError(MisconfiguredError):
    """A file of an authority's folder is missing or is not what belongs there."""


class ClockError(MisconfiguredError):
    """This machine's clock lies outside the authority's lifetime."""
