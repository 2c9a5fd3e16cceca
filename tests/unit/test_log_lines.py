"""A line of the log: one line, whatever stands in it, with its moment in UTC, readable by a program."""

import json
import subprocess
import sys

SAY = """
import structlog
from hub.telemetry import configure_logging
configure_logging("json")
structlog.get_logger().warning("it happened", value='a\\n{"event": "forged"}\\r\\x1b[31m\\u2028b', count=3)
"""


def test_a_line_break_in_a_value_makes_no_second_line_and_the_moment_is_utc() -> None:
    said = subprocess.run([sys.executable, "-c", SAY], capture_output=True, check=True)
    assert said.stdout == b""
    assert said.stderr.count(b"\n") == 1
    assert b"\x1b" not in said.stderr
    line = json.loads(said.stderr)
    assert (line["event"], line["level"], line["count"]) == ("it happened", "warning", 3)
    assert line["timestamp"].endswith(("Z", "+00:00"))
