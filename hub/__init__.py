"""The hub: rules, records, services and the edges through which people and systems reach them."""
