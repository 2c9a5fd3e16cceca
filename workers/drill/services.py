"""What tests and drills need of this machine: PostgreSQL, RabbitMQ and Chromium, installed where they lack."""

import os
import shutil
import subprocess
from pathlib import Path

DATABASE_VARIABLE = "SCHAKEL_TEST_DATABASE_URL"
BROKER_VARIABLE = "SCHAKEL_TEST_BROKER_URL"
RABBIT_PROGRAMS = Path("/usr/lib/rabbitmq/bin")
HEADLESS = "chromium-headless-shell"
# Generous, since reaching it means failure and not slowness: a shared machine may stall for many seconds.
START_SECONDS = 180.0
STOP_SECONDS = 60.0


def install(*, chromium: bool = False) -> str | None:
    """Install with apt what is missing (as root on Debian); the answer is why that could not be done, or None."""
    missing = [name for name, there in _installed().items() if not there]
    told = _install(missing) if missing else None
    if told is not None or not chromium or shutil.which(HEADLESS):
        return told
    # Without windows it costs a third; where there is none to be had, a whole browser does as well.
    told = _install([HEADLESS])
    return None if told is None or find_chromium() else _install(["chromium"])


def _install(missing: list[str]) -> str | None:
    wanted = " ".join(missing)
    if shutil.which("apt-get") is None:
        instead = f"start them yourself and set {DATABASE_VARIABLE} and {BROKER_VARIABLE}"
        return f"{wanted} can't be installed: this is not Debian; {instead}."
    if os.geteuid() != 0:
        return f"{wanted} can't be installed without root: run `sudo apt-get install --no-install-recommends {wanted}`."
    # Before the package: it would otherwise make and start a cluster of its own.
    cluster = Path("/etc/postgresql-common/createcluster.conf")
    if not cluster.exists():
        cluster.parent.mkdir(parents=True, exist_ok=True)
        cluster.write_text("create_main_cluster = false\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *missing]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return (
                f"{wanted} can't be installed: `{' '.join(command)}` says {(done.stderr or done.stdout).strip()[-500:]}"
            )
    return None


def find_chromium() -> Path | None:
    """Give the path of a Chromium or Chrome on this computer."""
    names = (HEADLESS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    return Path(found) if found else None


def _installed() -> dict[str, bool]:
    return {
        "postgresql-15": postgres_programs() is not None,
        "rabbitmq-server": (RABBIT_PROGRAMS / "rabbitmq-server").exists(),
    }


def postgres_programs() -> Path | None:
    """Give the folder with the programs of the PostgreSQL server that is installed, or nothing."""
    # Debian keeps the server's programs out of PATH, a folder for each version.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if folders:
        return folders[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None
