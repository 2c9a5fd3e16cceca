"""The core: pure functions and tables."""
