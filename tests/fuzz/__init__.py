"""Mutilated messages for every connector: whatever the bytes, it is read or refused, and nothing falls."""
