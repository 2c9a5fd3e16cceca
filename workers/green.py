"""Serve under gevent. The patching comes before every other import, so this is a process of its own."""

from gevent import monkey

monkey.patch_all()

from hub.settings import from_environment  # noqa: E402
from hub.telemetry import configure_logging  # noqa: E402
from hub.wiring import open_hub  # noqa: E402
from workers.serve import serve_green  # noqa: E402

if __name__ == "__main__":
    settings = from_environment()
    configure_logging(settings.log)
    serve_green(open_hub(settings))
