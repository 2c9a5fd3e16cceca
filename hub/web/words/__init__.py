"""What the hub knows, in the words of the reader: Dutch (B1) and English."""
