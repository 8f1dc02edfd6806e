"""AWS Lambda: what its events are, and the handler that they are given to."""
