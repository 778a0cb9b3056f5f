"""What is asked of a parsed delivery before it is published."""
