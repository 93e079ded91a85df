"""``omnicore user``."""

from __future__ import annotations

import click

from omnicore.cli import common


@click.group()
def user() -> None:
    """Create users, set passwords."""


def _address(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    from marshmallow import ValidationError, validate

    try:
        return str(validate.Email()(value))
    except ValidationError as error:
        raise click.BadParameter(f"{value!r} is not an e-mail address") from error


@user.command()
@click.argument("email", callback=_address)
@click.option("--role", "roles", multiple=True, help="A role; give it again for more.")
@click.option("--username", help="The e-mail address when not given.")
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.password_option(envvar="OMNICORE_PASSWORD", help="Asked for when not given.")
@click.pass_context
def create(
    context: click.Context,
    email: str,
    roles: tuple[str, ...],
    username: str | None,
    first_name: str,
    last_name: str,
    password: str,
) -> None:
    """Create a user with that EMAIL; the first one should have the role `System Admin`."""
    from omnicore.identity import service

    with common.runtime(context) as runtime, runtime.db.write() as uow:
        made = service.create_user(
            uow,
            username=username or email,
            email=email,
            password=password,
            first_name=first_name,
            last_name=last_name,
            roles=list(roles),
        )
        click.echo(f"created user {made.id}: {made.email}")


@user.command("set-password")
@click.argument("login")
@click.password_option(envvar="OMNICORE_PASSWORD", help="Asked for when not given.")
@click.pass_context
def set_password(context: click.Context, login: str, password: str) -> None:
    """Set the password of the user with that e-mail or username; ends its sessions."""
    from omnicore.identity import service

    with common.runtime(context) as runtime, runtime.db.write() as uow:
        service.set_password(uow, login, password)
    click.echo("password set")
