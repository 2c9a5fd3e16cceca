"""Partners that are not there: they take messages in their own format, keep their own books, and answer like real ones.

A simulator reads and writes with the same connector as the hub, in the partner's role. Its ledger is its own: it tells
what really arrived, each message once, and how often the wire brought it.
"""

from workers.partners.ledger import Ledger
from workers.partners.manner import DEMO_MANNERS, SILENT, Manner, Reply
from workers.partners.misbehaviour import Fault, Misbehaviour
from workers.partners.partner import Partner

__all__ = ["DEMO_MANNERS", "SILENT", "Fault", "Ledger", "Manner", "Misbehaviour", "Partner", "Reply"]
