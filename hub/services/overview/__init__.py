"""What needs whom today, across clients: work lists, alerts, search, reports."""
