"""What AWS Lambda calls: one module for each deployable function."""
