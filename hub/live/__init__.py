"""The live view: pages that change while one looks at them."""

from hub.live.drawing import Drawing
from hub.live.side import NAMESPACE, Live

__all__ = ["NAMESPACE", "Drawing", "Live"]
