"""Open the hub for a command: what is wrong with the settings is told in plain words."""

import click

from hub.settings import Settings, SettingsError, from_environment
from hub.telemetry import configure_logging
from hub.wiring import Hub, open_hub


def read_settings(*, demo: bool = False, partner: bool = False) -> Settings:
    """Read the settings and set up the log; a wrong setting is a wrong call."""
    try:
        settings = from_environment(demo=demo, partner=partner)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    configure_logging(settings.log)
    return settings


def open_here(*, demo: bool = False, partner: bool = False) -> Hub:
    """Open the hub that the environment describes."""
    try:
        return open_hub(read_settings(demo=demo, partner=partner))
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
