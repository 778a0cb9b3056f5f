"""What `analytics deploy` does: checks before anything is touched, then the CLI of the CDK."""
