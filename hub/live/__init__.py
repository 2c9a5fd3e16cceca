"""The live view: pages that change while one looks at them."""

from hub.live.side import NAMESPACE, Drawing, Live

__all__ = ["NAMESPACE", "Drawing", "Live"]
