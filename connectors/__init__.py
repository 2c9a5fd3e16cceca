"""One folder per dialect: pure translators between a partner's format and the canonical message."""
