"""Messages on their way: taken in from partners, sent to them, signed, followed, compared."""
