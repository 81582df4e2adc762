"""The identity provider that a hub's settings describe."""

from urllib.parse import urlsplit

from credentials.private_files import read_private
from hub.access.service import ANSWER_PATH, ProviderSettings, Role
from hub.config import HubSettings, SettingsError


def provider_settings(settings: HubSettings) -> ProviderSettings | None:
    """None where there is none. Raises SettingsError or PrivateFileError."""
    secret_file = settings.oidc_client_secret_file
    named = (settings.oidc_issuer, settings.oidc_client_id, secret_file)
    if not any(named):
        return None
    if not all(named) or secret_file is None:
        raise SettingsError("An identity provider needs oidc_issuer, oidc_client_id and oidc_client_secret_file.")
    if urlsplit(settings.oidc_issuer).scheme != "https":
        raise SettingsError("oidc_issuer is an address that begins with https://.")
    if Role.ADMINISTRATOR in settings.oidc_roles.values():
        raise SettingsError("oidc_roles gives nobody the role administrator: administrators are made at the console.")
    if bool(settings.oidc_roles) != bool(settings.oidc_roles_claim):
        raise SettingsError("oidc_roles and oidc_roles_claim belong together: set both, or neither.")
    return ProviderSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=read_private(secret_file).decode("utf-8", "replace").strip(),
        redirect_uri=settings.console_url.rstrip("/") + ANSWER_PATH,
        name=settings.oidc_name,
        authority=settings.oidc_authority_file,
        acr=frozenset(settings.oidc_second_factor_acr),
        amr=frozenset(settings.oidc_second_factor_amr),
        roles_claim=settings.oidc_roles_claim,
        roles=dict(settings.oidc_roles),
    )
