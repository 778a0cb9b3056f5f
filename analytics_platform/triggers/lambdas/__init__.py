"""Handlers of Lambda functions: the standard library and boto3 only."""
