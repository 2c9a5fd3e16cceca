"""Loops around one step each: relay, inbox, connector, timers; and the command line."""
