"""`mca hub operator`: the people who sign in to the console, where there is no console yet, or nobody gets in."""

from pathlib import Path
from typing import Annotated

import typer

from hub.commands import InputError, actor, services_of
from protocol.ids import parse_site_id

app = typer.Typer(help="The people who sign in to the console.", no_args_is_help=True)


@app.command("add")
def operator_add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits, dots and hyphens.")],
    *,
    role: Annotated[list[str], typer.Option(help="Such as reviewer or administrator. May be repeated.")],
    site: Annotated[
        list[str] | None, typer.Option(help="A site whose work it is, such as bd/benapole; without it, the whole hub.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="A private file (chmod 600) with the password in its first line.")
    ] = None,
) -> None:
    """Let a person sign in to the console. The password is asked for, or read from a file; it is no argument."""
    from hub.access.service import Role
    from hub.sites import EVERY_SITE, Sites

    services = services_of(context)
    for one in role:
        if one not in set(Role):
            raise InputError(f"There is no role {one!r}. There are: {', '.join(Role)}.")
    sites = Sites(frozenset(map(parse_site_id, site))) if site else EVERY_SITE
    password = _ask_password() if password_file is None else _read_password(password_file)
    with services.database.begin() as connection:
        services.access.operators.add(
            connection, name, password, set(map(Role, role)), sites, at=services.clock(), actor=actor()
        )
    typer.echo(f"{name} can sign in at {services.settings.console_url}.")


@app.command("reset-second-factor")
def operator_reset_second_factor(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Whose phone is lost.")]
) -> None:
    """Let a person set up another second factor at the next sign-in. Be sure who asks; their sessions end."""
    services = services_of(context)
    with services.database.begin() as connection:
        services.access.operators.reset_second_factor(connection, name, at=services.clock(), actor=actor())
    typer.echo(f"{name} sets up a second factor at the next sign-in.")


@app.command("unlink")
def operator_unlink(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Who shall sign in with a password again.")]
) -> None:
    """End somebody's link with the identity provider; their sessions end. Their password of before counts again."""
    services = services_of(context)
    with services.database.begin() as connection:
        services.access.operators.unlink(connection, name, at=services.clock(), actor=actor())
    typer.echo(f"{name} signs in with a password at {services.settings.console_url}.")


def _ask_password() -> str:
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _read_password(path: Path) -> str:
    from credentials.private_files import read_private

    try:
        lines = read_private(path).decode().splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text file.") from None
    if not lines:
        raise InputError(f"{path} is empty: its first line is the password.")
    return lines[0]
