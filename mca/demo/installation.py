"""A throwaway authority, hub and unit in a temporary folder, on free ports of this machine."""

import secrets
import socket
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from credentials.private_files import write_private, write_public
from mca.demo.processes import require_mca
from models.images import encode_png

UNIT = "bd/benapole-1"
SITE = "bd/benapole"
OPERATORS = ("amina", "bikash")
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the demonstration lives. `passwords` are the operators', made anew for each run.

    `second_factor`: `required`, as at any hub, or `optional` for who tries the console without a phone at hand.
    """

    folder: Path
    console_port: int
    mail_port: int
    passwords: dict[str, str]
    second_factor: str

    @property
    def hub(self) -> dict[str, str]:
        """The environment of a hub command."""
        return {
            "MCA_HUB_CONFIG": str(self.folder / "hub" / "hub.toml"),
            # Alerts that say of themselves that they are not real.
            "MCA_HUB_ALERT_STATUS": "Exercise",
            "MCA_HUB_SECOND_FACTOR": self.second_factor,
            "MCA_HUB_ALERT_PREVIEW_MINUTES": "0",
        }

    @property
    def edge(self) -> dict[str, str]:
        """The environment of a unit's command."""
        return {"MCA_EDGE_CONFIG": str(self.folder / "units" / "benapole-1" / "edge.toml")}

    @property
    def console_url(self) -> str:
        """What an operator types into a browser."""
        return f"https://{HOST}:{self.console_port}"

    @property
    def authority(self) -> Path:
        """The certificate by which the console's can be checked."""
        return self.folder / "hub" / "tls" / "ca.crt"

    def password_file(self, operator: str) -> Path:
        """A private file with an operator's password."""
        return self.folder / f"{operator}.password"


def install(folder: Path, *, second_factor: str) -> Installation:
    """Provision everything with the commands that a technician would use."""
    broker, console, units, mail = _free_ports(4)
    passwords = {name: secrets.token_urlsafe(12) for name in OPERATORS}
    installation = Installation(folder, console, mail, passwords, second_factor)
    ports = ["--broker-port", broker, "--console-port", console, "--units-port", units]
    require_mca(["provision", "init", str(folder), "--hub", "bd", *map(str, ports)], environment={})
    require_mca(["provision", "unit", str(folder), UNIT, "--site", SITE], environment={})
    for name, password in passwords.items():
        write_private(installation.password_file(name), password.encode())
    # Mail within this machine alone: the address list of a real hub names TLS servers and lives in a private file.
    address = f"mailto://{HOST}:{mail}/?from=hub@demo.invalid&to=desk@demo.invalid&mode=insecure"
    recipients = folder / "hub" / "police-desk.txt"
    write_private(recipients, address.encode())
    require_mca(["hub", "recipient", "import", str(recipients)], environment=installation.hub)
    recipients.unlink()
    return installation


def sample(name: str) -> Path:
    """One of the public-domain photographs that ship with the recogniser."""
    return Path(str(files("models"))) / "samples" / name


def write_photo_without_a_face(path: Path) -> Path:
    """A generated picture of nothing: a sky, a field and a little noise."""
    rows = np.linspace(0, 1, 480)[:, None, None]
    sky, field = np.array([120, 170, 230]), np.array([70, 120, 50])
    picture = np.where(rows < 0.6, sky - rows * 60, field + rows * 30) + np.zeros((480, 640, 3))
    noise = np.random.default_rng(7).normal(0, 6, picture.shape)
    write_public(path, encode_png(np.clip(picture + noise, 0, 255).astype(np.uint8)))
    return path


def _free_ports(count: int) -> list[int]:
    # All are held open together, so that they differ.
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [int(server.getsockname()[1]) for server in sockets]
    finally:
        for server in sockets:
            server.close()
