"""Key compromise of one role of the watchlist's repository, each alone, and fast-forward: what the thief can do, what
not, and how a hub comes back. Against the unit's own client, with the web server in the thief's hands too.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata, MetaFile, Root

from edge_agent.bootstrap import Unit
from edge_agent.trusted_time import DAY, HOUR, LONGEST_ABSENCE, KnownTime, TrustedClock, Uptime
from edge_agent.watchlist.repository import HubUnreachableError, RepositoryRejectedError
from protocol.targets import keyring_path
from provisioning.root.ceremony import RootChanges, finish, propose, rekey_slices, sign
from provisioning.root.keys import create_root_key
from tests.attacks.key_thief import FURTHEST, SLICE, Thief, hold_back, private_key
from tests.edge_agent.site import MISSING, UNIT, Site, synchronise
from tests.support.hub_simulator import now_ms

TODAY = datetime.now(UTC).date()
Change = Callable[[Any], None]


def cases(unit: Unit) -> int:
    return unit.loader.load_installed().index.cases_on(TODAY)


def require_refused(unit: Unit) -> None:
    """The repository is refused, and the list of two cases stays in use with the keys to it."""
    before = unit.store.installed()
    # A file that is longer than was signed is not read to its end: that counts as a bad connection.
    with pytest.raises((RepositoryRejectedError, HubUnreachableError)):
        synchronise(unit)
    assert unit.store.installed() == before
    assert cases(unit) == 2


def newer(signed: Any) -> None:
    signed.version += 1


def as_it_is(signed: Any) -> None:
    """Only signed anew."""
    signed.unrecognized_fields["by"] = "another hand"


@pytest.fixture
def synced(listed: Site, unit: Unit) -> Unit:
    synchronise(unit)
    return unit


def at(unit: Unit, moment: int) -> Unit:
    """The same unit when it knows for certain that it is this moment."""
    uptime = unit.clock.uptime
    return replace(unit, clock=TrustedClock(lambda: 0, uptime, KnownTime(moment, 0, moment, uptime())))


def test_timestamp_key_holds_a_list_back_until_its_snapshot_ends_and_no_longer(listed: Site, synced: Unit) -> None:
    thief = Thief(listed, "timestamp")
    kept = thief.present("snapshot").signed.version
    hold_back(listed, [f"{kept}.snapshot.json"])
    listed.hub.repository.snapshot(MISSING, [])

    def for_ever(signed: Any) -> None:
        signed.version += 1
        signed.expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3650)

    thief.serve("timestamp", for_ever)
    listed.hub.publish()
    synchronise(synced)
    assert cases(synced) == 2
    with pytest.raises(RepositoryRejectedError, match="expired"):
        synchronise(at(synced, now_ms() + 8 * DAY))
    # The hub's next signature that comes through ends it.
    thief.leave()
    listed.hub.publish()
    synchronise(synced)
    assert cases(synced) == 0


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda signed: signed.meta.pop(f"{SLICE}.json"), id="slice left out"),
        pytest.param(lambda signed: signed.meta.update({f"{SLICE}.json": MetaFile(FURTHEST)}), id="another version"),
        pytest.param(as_it_is, id="nothing changed"),
    ],
)
def test_timestamp_key_cannot_sign_a_snapshot(listed: Site, synced: Unit, change: Change) -> None:
    def next_one(signed: Any) -> None:
        signed.version += 1
        change(signed)

    Thief(listed, "timestamp").serve_chain(next_one, newer)
    require_refused(synced)


def test_timestamp_key_cannot_go_back_to_an_older_snapshot(listed: Site, synced: Unit) -> None:
    thief = Thief(listed, "timestamp")
    old = thief.present("timestamp").signed.snapshot_meta
    listed.hub.publish()
    synchronise(synced)

    def name_the_old(signed: Any) -> None:
        signed.version += 1
        signed.snapshot_meta = old

    thief.serve("timestamp", name_the_old)
    require_refused(synced)


@pytest.mark.parametrize("ahead", [300 * DAY, 30_000 * DAY])
def test_timestamp_key_that_dates_a_list_in_the_future_destroys_nothing(listed: Site, synced: Unit, ahead: int) -> None:
    uptime = Uptime(1, 2 * HOUR)
    clock = TrustedClock(lambda: 0, lambda: uptime, KnownTime.nothing())
    start = now_ms()
    clock.synchronise(start, uptime)
    unit = replace(synced, clock=clock)

    def in_the_future(signed: Any) -> None:
        signed.version += 1
        signed.unrecognized_fields["signed_at"] = start + ahead

    Thief(listed, "timestamp").serve("timestamp", in_the_future)
    installed = synchronise(unit).installed
    # No younger than now, and believed no further than a unit may have been away for.
    assert installed.confirmed_at <= start + HOUR
    assert clock.now() <= start + LONGEST_ABSENCE
    assert clock.destroyable_before() < start
    # The unit asks the hub anew, and its answer ends it.
    assert clock.synchronise(start, uptime)
    assert clock.now() == start
    assert cases(unit) == 2


@pytest.mark.parametrize("role", ["snapshot", "targets", "slices"])
def test_key_of_one_other_role_puts_nothing_in_the_place_of_what_was_published(
    listed: Site, synced: Unit, role: str
) -> None:
    changes: dict[str, list[tuple[str, Change]]] = {
        "snapshot": [("snapshot", lambda signed: signed.meta.pop(f"{SLICE}.json")), ("snapshot", as_it_is)],
        # Without its keyring a unit would destroy its list; with another delegation it would take the thief's segments.
        "targets": [
            ("targets", lambda signed: signed.targets.pop(keyring_path(UNIT))),
            ("targets", lambda signed: signed.delegations.roles.pop(SLICE)),
            (SLICE, as_it_is),
        ],
        "slices": [(SLICE, lambda signed: signed.targets.clear()), ("targets", as_it_is)],
    }
    thief = Thief(listed, role)
    for name, change in changes[role]:
        listed.hub.publish()
        thief.serve(name, change)
        require_refused(synced)
        thief.leave()
    synchronise(synced)
    assert cases(synced) == 2


@pytest.mark.parametrize("role", ["snapshot", "targets", "slices"])
def test_key_of_one_other_role_makes_no_next_version(listed: Site, synced: Unit, role: str) -> None:
    thief = Thief(listed, role)
    thief.serve_chain(newer, newer)
    require_refused(synced)


def two_of_three(site: Site) -> tuple[Path, Path]:
    """A root that two of three keys have to sign; the folders of the second and third key."""
    others = (site.folder.parent / "registrar", site.folder.parent / "auditor")
    keys = tuple(create_root_key(folder, folder.name, passphrase=None) for folder in others)
    changes = RootChanges(add=keys, threshold=2)
    change_root(site, changes, site.folder / "authority", others[0])
    return others


def change_root(site: Site, changes: RootChanges, *signers: Path) -> None:
    now = datetime.now(UTC)
    target = site.folder.parent / f"proposal-{len(list(site.folder.parent.glob('proposal-*')))}"
    propose(site.folder, target, changes, now=now)
    for signer in signers:
        sign(target, signer, lambda: "")
    finish(site.folder, [target], now=now)
    site.hub.repository.read_keys()
    site.hub.publish()


def test_root_key_below_the_threshold_changes_nothing(listed: Site, synced: Unit) -> None:
    two_of_three(listed)
    synchronise(synced)
    stolen = private_key(listed.folder / "authority" / "tuf-root.key")
    forged = Metadata[Root].from_bytes((listed.folder / "hub" / "tuf" / "root.json").read_bytes())
    forged.signed.version += 1
    for role in forged.signed.roles.values():
        role.threshold, role.keyids = 1, [stolen.public_key.keyid]
    forged.signed.keys[stolen.public_key.keyid] = stolen.public_key
    forged.signatures.clear()
    forged.sign(stolen)
    replaced = listed.hub.server.mischief.replaced
    replaced[f"/metadata/{forged.signed.version}.root.json"] = forged.to_bytes()
    require_refused(synced)
    # Nor can it sign for the roles themselves.
    replaced.clear()
    timestamp = Thief(listed).present("timestamp")
    timestamp.signed.version += 1
    timestamp.signatures.clear()
    timestamp.sign(stolen)
    replaced["/metadata/timestamp.json"] = timestamp.to_bytes()
    require_refused(synced)
    replaced.clear()
    synchronise(synced)
    assert cases(synced) == 2


@pytest.mark.parametrize(
    "stolen", [("timestamp",), ("timestamp", "snapshot"), ("timestamp", "snapshot", "targets", "slices")]
)
def test_fast_forward_stops_a_list_loudly_until_the_keys_are_changed(
    listed: Site, synced: Unit, stolen: tuple[str, ...]
) -> None:
    def furthest(signed: Any) -> None:
        signed.version = FURTHEST

    thief = Thief(listed, *stolen)
    if "snapshot" in stolen:
        thief.serve_chain(furthest, furthest)
    else:
        thief.serve("timestamp", furthest)
    synchronise(synced)
    assert cases(synced) == 2
    thief.leave()
    # What the hub publishes is now older than what the unit has seen. It says so and searches on.
    listed.hub.repository.snapshot(MISSING, [])
    listed.hub.publish()
    require_refused(synced)
    rotated = RootChanges(rotate=tuple(role for role in stolen if role != "slices"))
    rekey_slices(listed.folder)
    change_root(listed, rotated, listed.folder / "authority")
    synchronise(synced)
    assert cases(synced) == 0
