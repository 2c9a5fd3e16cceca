"""What connectors hold for partners to download: the description of their API, the template of their files."""

from flask import Response

from connectors.registry import PUBLISHED, published
from hub.api.blueprint import api
from hub.services.errors import NotFound


@api.get("/connectors/<name>/<file>")
def connector_document(name: str, file: str) -> Response:
    """Give a document of a connector; open to all, as the hub's own description is."""
    found = published(name, file)
    if found is None:
        raise NotFound("There is no such document.")
    return Response(found, content_type=PUBLISHED[file])
