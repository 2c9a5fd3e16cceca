"""A connection that leaves this computer without verified TLS is told."""

from pathlib import Path

import pytest

from hub.settings import Settings
from hub.wiring import in_the_open

DATABASE, BROKER = "SCHAKEL_DATABASE_URL", "SCHAKEL_BROKER_URL"
ELSEWHERE = "postgresql+psycopg://hub@db.example/hub"


@pytest.mark.parametrize(
    ("database", "broker", "told"),
    [
        ("sqlite:///var/hub.db", "embedded:///var/broker.db", []),
        ("postgresql+psycopg://hub@127.0.0.1/hub", "amqp://guest@localhost/", []),
        ("postgresql+psycopg:///hub?host=/run/postgresql", "amqp://guest@[::1]/", []),
        (ELSEWHERE, "amqp://guest@mq.example/", [BROKER, DATABASE]),
        (f"{ELSEWHERE}?sslmode=require", "amqps://guest@mq.example/", [DATABASE]),
        (f"{ELSEWHERE}?sslmode=verify-full", "amqps://guest@mq.example/", []),
        ("postgresql+psycopg://hub@10.0.0.7/hub", "amqp://guest@10.0.0.8/", [BROKER, DATABASE]),
    ],
)
def test_only_what_leaves_this_computer_in_the_open_is_told(database: str, broker: str, told: list[str]) -> None:
    settings = Settings(
        database_url=database,
        broker_url=broker,
        config_path=Path("none"),
        secret_key="",
        data_keys=(),
        bind="127.0.0.1:0",
        log="text",
    )
    assert in_the_open(settings) == told
