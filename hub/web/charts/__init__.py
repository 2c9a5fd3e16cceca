"""The figures of a report as bars, each with its numbers in a table."""
