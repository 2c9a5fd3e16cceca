"""What the services hand to who draws: values for one viewer, decided already."""
