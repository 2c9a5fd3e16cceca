"""The command ``schakel search``: the index by which clients, and what is written about them, are found."""

from contextlib import closing

import click

from hub.services.record.search_words import rebuild, some_cases
from hub.store.database import Store
from workers.opening import open_here

_BATCH = 500


@click.group()
def search() -> None:
    """Look after the index of names and words."""


@search.command(name="rebuild")
def rebuild_command() -> None:
    """Write the whole index anew, case by case, while all goes on; may be broken off and done again."""
    with closing(open_here()) as hub:
        click.echo(f"{write_index(hub.store)} cases can be found.")


def write_index(store: Store, *, only_missing: bool = False) -> int:
    """Write the index of all cases, or of those that have none yet; give how many."""
    done, after = 0, ""
    while True:
        with store.reading() as session:
            cases = some_cases(session, after, _BATCH, without=only_missing)
        for case_id in cases:
            with store.writing() as work:
                done += rebuild(work, case_id)
        if len(cases) < _BATCH:
            return done
        after = cases[-1]
