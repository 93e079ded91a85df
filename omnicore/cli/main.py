"""``omnicore``: the command line. Nothing is imported before it is called.

The core's commands are a table of names, modules and one-line helps; a plugin's group stands
under the plugin's own name and is imported when it is called.
"""

from __future__ import annotations

from importlib import import_module

import click

from omnicore import __version__
from omnicore.cli import enabled

# name -> (module:attribute, the line that --help shows)
COMMANDS = {
    "init": ("omnicore.cli.start:init", "Write a crm_config.yaml to start from."),
    "check": ("omnicore.cli.check:check", "Say what is wrong with this deployment."),
    "config": ("omnicore.cli.settings:config", "Examples of settings."),
    "db": ("omnicore.cli.database:db", "Bring the database up to date, or back."),
    "serve": ("omnicore.cli.serve:serve", "Run the web server, and workers beside it."),
    "worker": ("omnicore.cli.serve:worker", "Run a worker for background jobs."),
    "demo": ("omnicore.cli.demo:demo", "Try all of it, with data, on this machine."),
    "plugins": ("omnicore.cli.plugins:plugins", "List, examine and begin plugins."),
    "user": ("omnicore.cli.users:user", "Create users, set passwords."),
    "audit": ("omnicore.cli.audit:audit", "Check the activity log."),
    "openapi": ("omnicore.cli.openapi:openapi", "Print the OpenAPI document."),
}


def attribute(path: str) -> click.Command:
    """``module:attribute``, imported now."""
    module, _, name = path.partition(":")
    command: click.Command = getattr(import_module(module), name)
    return command


class Commands(click.Group):
    """The core's commands, and the group of each enabled plugin that has one."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted({*COMMANDS, *self._plugin_groups(context)})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS:
            return attribute(COMMANDS[name][0])
        path = self._plugin_groups(context).get(name)
        return attribute(path) if path else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])
        groups = self._plugin_groups(context)
        if groups:
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, f"Plugin {name}.") for name in sorted(groups)])

    @staticmethod
    def _plugin_groups(context: click.Context) -> dict[str, str]:
        return enabled.command_groups(context.params.get("config"), set(COMMANDS))

    def invoke(self, context: click.Context) -> object:
        """Refusals of our own end with a message, not with a stack trace."""
        from omnicore.sdk.errors import OmniCoreError

        try:
            return super().invoke(context)
        except OmniCoreError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="omnicore")
@click.option(
    "--config",
    "-c",
    type=click.Path(dir_okay=False),
    envvar="OMNICORE_CONFIG",
    is_eager=True,  # --help lists the plugins of that file
    help="The crm_config.yaml to use (default: the one in this folder).",
)
@click.pass_context
def cli(context: click.Context, config: str | None) -> None:
    """OmniCore: from an order to a working, billed telecom service.

    Start with `omnicore demo`, or with `omnicore init` for a deployment of your own.
    """
    context.ensure_object(dict)
    context.obj["config"] = config
    if context.invoked_subcommand and context.invoked_subcommand not in COMMANDS:
        context.obj = enabled.plugin_context(config, context.invoked_subcommand)


def main() -> None:
    """The console script."""
    cli()


if __name__ == "__main__":
    main()
