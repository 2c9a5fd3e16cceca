"""The shared language of Schakel: words, identifiers, canonical messages and the bodies of the API."""
