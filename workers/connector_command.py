"""The command ``schakel connector``: run the worker of an organisation, or make a new connector."""

import click

from workers import scaffold


class OrganisationOr(click.Group):
    """A group whose every other word is an organisation: ``schakel connector mw-de-kade`` runs its worker."""

    worker: click.Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Give the subcommand, or the worker for any word that is none."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            return self.worker.name, self.worker, args
        return super().resolve_command(ctx, args)


@click.group(name="connector", cls=OrganisationOr, subcommand_metavar="ORGANISATION | new NAME")
def connector() -> None:
    """Run the connector worker of an ORGANISATION, or make a `new` connector."""


@connector.command()
@click.argument("name")
def new(name: str) -> None:
    """Make the folder of a new connector with this NAME: a working one for CSV files, to change."""
    try:
        scaffold.make_connector(name)
    except scaffold.BadName as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"connectors/{name} can't be made ({error.strerror}).") from error
    click.echo(scaffold.next_steps(name))
