"""Put the web process together: pages, API, live view and health on one application."""

from dataclasses import dataclass
from io import BytesIO

from flask import Flask, Request
from werkzeug.middleware.proxy_fix import ProxyFix

from hub.api import api, tokens
from hub.api.blueprint import HUB, VERSION, viewer_of_token
from hub.api.intake import MAX_PAYLOAD
from hub.health import health
from hub.limits import EXTENSION, Limits, limit_address
from hub.live import Drawing, Live
from hub.services.views.viewer import Viewer
from hub.web import accounts as account_pages
from hub.web.door.front_door import FrontDoor
from hub.web.door.origins import Origins
from hub.web.fragments import render_entry, render_regions, render_touched
from hub.web.hub_backend import HubBackend
from hub.web.pages import register_pages
from hub.wiring import Hub


class KeptInMemory(Request):
    """A request whose files stay in memory: what somebody brings must not lie on a disk as it is."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> BytesIO:
        return BytesIO()


@dataclass(frozen=True, kw_only=True)
class WebProcess:
    """One web process: its application and its live side."""

    app: Flask
    live: Live


def create_web(hub: Hub, *, async_mode: str = "threading") -> WebProcess:
    """Give a web process over an installation. ``async_mode`` is ``gevent`` in production, ``threading`` embedded."""
    app = Flask(__name__, static_folder=None)
    app.request_class = KeptInMemory
    app.secret_key = hub.settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = MAX_PAYLOAD + 100_000
    app.extensions[HUB] = hub
    behind_proxy = hub.settings.behind_proxy  # TLS ends there: cookies are secure, its headers are believed
    limits = app.extensions[EXTENSION] = Limits(hub.settings.rates)
    app.before_request(limit_address)
    for blueprint in (api, tokens, health):
        app.register_blueprint(blueprint)
    accounts = app.extensions[account_pages.EXTENSION] = account_pages.Accounts(hub)
    app.config["SCHAKEL_PROVIDERS"] = [(one.name, one.label) for one in hub.config.sign_in.providers.values()]
    services = HubBackend(hub, accounts)
    register_pages(app, services, secure_cookies=behind_proxy)

    def of_token(token: str) -> Viewer | None:
        with app.app_context():
            return viewer_of_token(token)

    drawing = Drawing(entry=render_entry, touched=render_touched, regions=render_regions, viewer_of_token=of_token)
    origins = Origins(hub.settings.origins)
    live = Live(app, hub, drawing, async_mode=async_mode, limits=limits, is_own_origin=origins.is_own)
    # Outermost last: the live side took its place just now, the door stands around it, the proxy's headers come first.
    app.wsgi_app = FrontDoor(app.wsgi_app, origins, tls=behind_proxy, api_version=VERSION)  # type: ignore[method-assign]
    if behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    return WebProcess(app=app, live=live)
