"""One file for each screen: what it reads, what it takes, and where it leads."""
