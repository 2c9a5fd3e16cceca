"""Who had one role keeps it as a first post, there and back."""

from alembic import command
from sqlalchemy import text

from hub.store.migrate import _config
from hub.wiring import Hub


def test_what_stood_with_a_person_becomes_the_first_post_and_goes_back(database_hub: Hub) -> None:
    def run(what: str, revision: str) -> None:
        config = _config()
        with database_hub.store.owning() as connection:
            config.attributes["connection"] = connection
            getattr(command, what)(config, revision)

    def marloes() -> tuple[str, ...]:
        with database_hub.store.owning() as connection:
            query = "SELECT role, purpose, title FROM people WHERE id = 'marloes'"
            return tuple(connection.execute(text(query)).one())

    run("downgrade", "0003")
    assert marloes() == ("case_director", "guidance", "case_director")
    run("upgrade", "0004")
    with database_hub.store.owning() as connection:
        query = "SELECT role, purpose, title, organisation FROM posts WHERE person_id = 'marloes'"
        assert tuple(connection.execute(text(query)).one()) == (
            "case_director", "guidance", "case_director", "wi-tilburg",
        )  # fmt: skip
