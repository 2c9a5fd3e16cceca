"""The door of the site: what comes in is judged, who comes in is known, what goes out is packed."""
