"""A proposed next root, as it travels between the machines of those who sign it.

current.json   the root that is in force       next.json   the root that is to follow, with the signatures so far
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Key, Metadata, Root, RootVerificationResult, VerificationResult

from credentials.private_files import write_public
from provisioning.errors import DamagedFolderError, RootChangeError
from provisioning.root.creation import NAMED_BY_ROOT, root_bytes
from provisioning.root.keys import holder

NEXT_FILE: Final = "next.json"
_CURRENT_FILE = "current.json"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A root in force, and the one that is to follow it."""

    current: Metadata[Root]
    next: Metadata[Root]

    def save(self, folder: Path) -> None:
        """Write both roots. Raises DiskError."""
        write_public(folder / _CURRENT_FILE, root_bytes(self.current))
        self.save_signatures(folder)

    def save_signatures(self, folder: Path) -> None:
        """Write the next root alone, whole or not at all. Raises DiskError."""
        write_public(folder / NEXT_FILE, root_bytes(self.next))

    @classmethod
    def load(cls, folder: Path) -> "Proposal":
        """Read a proposal whose roots are consecutive and whose signatures are true. Raises RootChangeError."""
        try:
            current = Metadata[Root].from_bytes((folder / _CURRENT_FILE).read_bytes())
            following = Metadata[Root].from_bytes((folder / NEXT_FILE).read_bytes())
            current.signed.verify_delegate(Root.type, current.signed_bytes, current.signatures)
            proposal = cls(current, following)
            genuine = proposal.verification().signed.keys()
        except OSError as error:
            raise RootChangeError(f"{error.filename} cannot be read: {error.strerror}.") from error
        except (RepositoryError, ValueError, AttributeError):
            raise RootChangeError(f"{folder} does not hold a proposed root, or it was damaged on the way.") from None
        if following.signatures.keys() != genuine:
            raise RootChangeError(f"A signature in {folder / NEXT_FILE} is false. Begin with a fresh copy.")
        return proposal

    def verification(self) -> RootVerificationResult:
        """Who of the current root's keys (`first`) and of the next one's (`second`) has signed."""
        following = self.next
        return following.signed.get_root_verification_result(
            self.current.signed, following.signed_bytes, following.signatures
        )

    def fingerprint(self) -> str:
        """What those who sign compare by voice: it stands for everything but the signatures."""
        digest = hashlib.sha256(self.next.signed_bytes).hexdigest()[:32]
        return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))

    def changes(self) -> list[str]:
        """One line for each difference, for people."""
        old, new = self.current.signed, self.next.signed
        lines = [f"Version {old.version} → {new.version}, expires {old.expires:%Y-%m-%d} → {new.expires:%Y-%m-%d}."]
        before, after = old.roles[Root.type], new.roles[Root.type]
        lines.append(
            f"Signatures needed: {before.threshold} of {len(before.keyids)} → {after.threshold} of {len(after.keyids)}."
        )
        lines += [f"New root key: {label(new.keys[key])}." for key in after.keyids if key not in before.keyids]
        lines += [f"Removed root key: {label(old.keys[key])}." for key in before.keyids if key not in after.keyids]
        for role in NAMED_BY_ROOT:
            if old.roles[role].to_dict() != new.roles[role].to_dict():
                lines.append(f"New key of the hub for {role}: {', '.join(key[:8] for key in new.roles[role].keyids)}.")
        return lines

    def signatures(self) -> list[str]:
        """Who signed and what is missing, for people."""
        result = self.verification()
        lines = [f"Signed by {label(key)}." for key in result.signed.values()]
        lines += _missing("the current root's keys", result.first)
        lines += _missing("the next root's keys", result.second)
        return lines


def load_root(path: Path) -> Metadata[Root]:
    """A root that its own keys have signed. Raises DamagedFolderError."""
    try:
        root = Metadata[Root].from_bytes(path.read_bytes())
        root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
    except OSError as error:
        raise DamagedFolderError(f"{path} cannot be read: {error.strerror}.") from error
    except (RepositoryError, ValueError, AttributeError):
        raise DamagedFolderError(f"{path} is damaged or not signed by its own keys. Restore it.") from None
    return root


def label(key: Key) -> str:
    """A root key as people know it."""
    return f"{holder(key)} ({key.keyid[:8]})"


def _missing(whose: str, result: VerificationResult) -> list[str]:
    if result.verified:
        return []
    candidates = ", ".join(label(key) for key in result.unsigned.values())
    return [f"Missing: {result.missing} more of {whose}: {candidates}."]
