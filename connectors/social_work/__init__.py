"""Social work: iWmo 3.2 and iJw 3.2, the messages between municipality and provider."""
