"""What a file must be before any reader touches it."""
