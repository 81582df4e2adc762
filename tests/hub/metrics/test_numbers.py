"""The numbers of a desk at work, read from the rooms; and nothing of anyone in them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.audit.model import AuditAction
from hub.bootstrap import Services, build_ingest
from hub.clock import HOUR, MINUTE
from hub.ingest.service import IngestService
from hub.metrics.model import exposition
from hub.metrics.service import collect
from protocol.envelope import MessageType
from protocol.health import Health
from protocol.topics import UnitChannel, unit_topic
from tests.hub.audit.trail import Administrator
from tests.support.hub_site import UNIT, HubSite, register


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path)


@pytest.fixture
def hub(site: HubSite) -> Iterator[Services]:
    with site.services() as services:
        services.watchlist.publish("test")
        yield services


def intake_of(hub: Services) -> IngestService:
    return build_ingest(hub, lambda _topic, _envelope: None)


def numbers(hub: Services) -> dict[str, float]:
    lines = [line for line in exposition(collect(hub)).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_hub_without_work_has_its_numbers_and_no_invented_ages(hub: Services) -> None:
    found = numbers(hub)
    assert found["mca_hub_reviews_open"] == 0
    assert found['mca_hub_reviews_decided_total{outcome="confirmed"}'] == 0
    assert found["mca_hub_list_version"] == 1
    assert found["mca_hub_units"] == 1
    assert found["mca_hub_database_bytes"] > 100_000
    assert found["mca_hub_audit_trail_intact"] == 1
    assert not any("oldest_open" in name or "last_seen" in name or "head_age" in name for name in found)


def test_messages_of_a_unit_show_in_the_numbers(site: HubSite, hub: Services) -> None:
    case = register(hub)
    with hub.database.read() as connection:
        photo = hub.cases.summary(connection, case).photos[0]
    unit, ingest = site.unit(), intake_of(hub)
    sightings, health = unit_topic(UNIT, UnitChannel.SIGHTINGS), unit_topic(UNIT, UnitChannel.HEALTH)
    ingest.receive(sightings, unit.envelope(unit.sighting((case, photo)).to_bytes()))
    ingest.receive(sightings, unit.envelope(unit.sighting().to_bytes()))
    ingest.receive(sightings, b"rubbish")
    ingest.receive(sightings, b"rubbish")
    report = Health(1, 7, 900, 2, 3, bytes(32), "0.1.0")
    ingest.receive(health, unit.envelope(report.to_bytes(), MessageType.HEALTH))
    site.clock.now += 90 * MINUTE
    found = numbers(hub)
    assert found["mca_hub_sightings_total"] == 2
    assert found["mca_hub_sightings_with_candidates_total"] == 1
    assert found['mca_hub_rejected_messages_total{reason="MalformedError"}'] == 2
    assert found["mca_hub_reviews_open"] == 1
    assert found["mca_hub_oldest_open_review_age_seconds"] == 5400
    assert found[f'mca_hub_unit_last_seen_age_seconds{{unit="{UNIT}"}}'] == 5400
    assert found[f'mca_hub_unit_pending_messages{{unit="{UNIT}"}}'] == 3
    assert found["mca_hub_cases_missing"] == 1
    assert found["mca_hub_cases_listed"] == 0


def test_ages_of_what_must_be_signed_again_and_again_grow(site: HubSite, hub: Services) -> None:
    register(hub)
    hub.audit.sign_head()
    site.clock.now += HOUR
    found = numbers(hub)
    assert found["mca_hub_audit_head_age_seconds"] == 3600
    assert 3600 <= found["mca_hub_list_timestamp_age_seconds"] <= 3601
    hub.watchlist.renew()
    assert numbers(hub)["mca_hub_list_timestamp_age_seconds"] <= 1


def test_trail_that_was_rewritten_raises_an_alarm(site: HubSite, hub: Services) -> None:
    register(hub)
    hub.audit.sign_head()
    Administrator(hub.settings.database_url).rewrite([])
    found = numbers(hub)
    assert found["mca_hub_audit_trail_intact"] == 0
    assert found["mca_hub_audit_entries"] == 0


def test_nothing_of_a_child_or_an_operator_is_in_the_numbers(hub: Services) -> None:
    case = register(hub, "GD 4711/2026")
    text = exposition(collect(hub))
    assert case not in text
    assert "4711" not in text
    labels = set(re.findall(r"(\w+)=\"", text))
    assert labels <= {"unit", "reason", "outcome"}
    assert str(AuditAction.CASE_REGISTERED) not in text
