"""What the operator is told about requests."""
