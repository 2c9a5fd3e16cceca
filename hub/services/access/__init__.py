"""Who may see what, on which ground: the facts for the access policy, and what was decided by it."""
