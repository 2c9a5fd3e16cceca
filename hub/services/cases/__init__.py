"""What people share about one client: the page, what is written down, documents, meetings."""
