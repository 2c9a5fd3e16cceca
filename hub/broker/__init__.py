"""What carries messages: one protocol, two adapters."""
