"""One machine: the server, its data file and its output."""
