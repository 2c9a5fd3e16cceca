"""Which entries of a timeline a page begins with: the newest, a block at a time."""

BLOCK = 10


def first_shown(position: int) -> int:
    """Give the first entry that the page of a client shows, by how far the case has grown for its viewer.

    It moves a block at a time, so that what comes in live seldom makes anything go at the other end.
    """
    return max(0, (position - 1) // BLOCK - 1) * BLOCK + 1
