"""What the services of an operator ask of a stage on AWS."""
