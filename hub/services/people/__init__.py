"""Who signs in, people and systems, and who manages them."""
