"""Faults on purpose, and the throw-away services to have them on."""
