"""An identity provider in the settings: half of it, or too much of it, stops the hub with a sentence."""

from pathlib import Path

import pytest

from credentials.private_files import PrivateFileError
from hub.access.service import Role
from hub.config import SettingsError, load_settings
from hub.provider_settings import provider_settings
from tests.hub.test_config import PLAIN, settings_file

SOUND = (
    'oidc_issuer = "https://id.example"\noidc_client_id = "mca-hub"\noidc_client_secret_file = "oidc.secret"\n'
    'oidc_second_factor_amr = ["mfa"]\noidc_roles_claim = "groups"\n[oidc_roles]\n"seniors" = "senior-reviewer"\n'
)


def write_secret(folder: Path, mode: int = 0o600) -> None:
    path = folder / "oidc.secret"
    path.write_text("between the two\n")
    path.chmod(mode)


def test_settings_of_a_provider_are_lost_on_the_way(tmp_path: Path) -> None:
    write_secret(tmp_path)
    told = provider_settings(load_settings(settings_file(tmp_path, PLAIN + SOUND)))
    assert told is not None
    assert told.redirect_uri == "https://desk.example:8443/sign-in/provider/answer"
    assert (told.client_secret, told.amr, told.acr) == ("between the two", frozenset({"mfa"}), frozenset[str]())
    assert told.roles == {"seniors": Role.SENIOR_REVIEWER}
    assert "between" not in repr(told)


def test_no_provider_is_none(tmp_path: Path) -> None:
    assert provider_settings(load_settings(settings_file(tmp_path, PLAIN))) is None


@pytest.mark.parametrize(
    ("instead_of", "written", "said"),
    [
        ('oidc_client_id = "mca-hub"\n', "", "oidc_client_id"),
        ("https://id.example", "http://id.example", "https"),
        ('"senior-reviewer"', '"administrator"', "administrator"),
        ('oidc_roles_claim = "groups"\n', "", "oidc_roles_claim"),
        ('"senior-reviewer"', '"chief"', "oidc_roles"),
    ],
)
def test_provider_that_cannot_be_used_stops_the_hub(tmp_path: Path, instead_of: str, written: str, said: str) -> None:
    write_secret(tmp_path)
    path = settings_file(tmp_path, PLAIN + SOUND.replace(instead_of, written))
    with pytest.raises(SettingsError, match=said):
        provider_settings(load_settings(path))


def test_secret_that_others_can_read_stops_the_hub(tmp_path: Path) -> None:
    write_secret(tmp_path, 0o644)
    with pytest.raises(PrivateFileError):
        provider_settings(load_settings(settings_file(tmp_path, PLAIN + SOUND)))
