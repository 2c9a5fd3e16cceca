"""What is kept: under which key, in which timeline and log, and for how long."""
