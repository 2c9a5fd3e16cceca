"""The verbs of the field. They take a unit of work, never commit, and know nothing of HTTP or brokers."""
