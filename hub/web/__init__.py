"""The pages: thin, drawn from what the services allow the viewer to see."""
