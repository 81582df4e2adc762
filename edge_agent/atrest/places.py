"""Where the secrets of a unit lie."""

from dataclasses import dataclass
from pathlib import Path

from credentials.identity import private_files


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one unit. `vault` holds what opens everything else."""

    vault: Path
    identity: Path
    tls: Path
    data: Path

    @property
    def store(self) -> Path:
        """The key store's own file."""
        return self.vault / "store.key"

    @property
    def keys(self) -> Path:
        """The unit's private keys, encrypted."""
        return self.vault / "keys"

    @property
    def zeroised(self) -> Path:
        """Says that the unit's secrets are being destroyed, or were."""
        return self.vault / "zeroised"

    @property
    def plain(self) -> tuple[Path, ...]:
        """The private keys as provisioning made them: signing, opening and TLS. They are taken over and erased."""
        return (*private_files(self.identity), self.tls / "unit.key")
