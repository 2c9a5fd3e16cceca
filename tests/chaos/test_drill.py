"""Small drills, through the command line."""

import os
import subprocess
import sys

import pytest

from workers.drill.plan import Fault, make_plan
from workers.drill.postgres import Postgres
from workers.drill.rabbit import Rabbit

pytestmark = pytest.mark.chaos
GOOD_END = "lost=0 duplicated=0 out_of_order=0"


def drill(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SCHAKEL_")}
    return subprocess.run(
        [sys.executable, "-c", "from workers.command import main; main()", "drill", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def test_killing_the_whole_embedded_hub_loses_doubles_and_reorders_nothing() -> None:
    done = drill("--embedded", "--referrals", "40", "--kills", "1", "--seed", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == GOOD_END


@pytest.mark.postgresql
@pytest.mark.rabbitmq
def test_killing_processes_and_broker_loses_doubles_and_reorders_nothing(postgres: Postgres, rabbit: Rabbit) -> None:
    # The two services only show that they can be had here: a drill starts its own, since it kills them.
    done = drill("--referrals", "40", "--kills", "1", "--seed", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == GOOD_END


def test_the_same_seed_gives_the_same_drill() -> None:
    first, second, other = (make_plan(seed, 50, 2, embedded=False, broker=True) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_each_process_is_killed_as_often_as_asked_and_the_broker_twice() -> None:
    plan = make_plan(1, 50, 3, embedded=False, broker=True)
    kills = [strike.target for strike in plan.strikes if strike.fault is Fault.KILL]
    assert {target: kills.count(target) for target in kills} == dict.fromkeys(
        ("web", "relay", "inbox", "connector-mw-de-kade", "connector-ggz-de-leij"), 3
    )
    assert [strike.fault for strike in plan.strikes if strike.fault is not Fault.KILL] == [
        Fault.BROKER,
        Fault.QUEUE_DOWN,
    ]


def test_a_broker_that_is_not_ours_is_not_killed() -> None:
    plan = make_plan(1, 50, 3, embedded=False, broker=False)
    assert all(strike.fault is Fault.KILL for strike in plan.strikes)


def test_the_faults_come_while_the_load_runs() -> None:
    plan = make_plan(1, 2000, 5, embedded=False, broker=True)
    assert max(one.at for one in plan.referrals) >= max(strike.at for strike in plan.strikes) * 0.99
