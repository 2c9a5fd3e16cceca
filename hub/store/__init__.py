"""Where records live: sessions, the unit of work, queries and migrations."""
