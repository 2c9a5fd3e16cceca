"""What a client may ask of us by law: to see it, to have it put right, to have it gone."""
