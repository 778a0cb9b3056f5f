"""Text to typed records: accepted, rejected with reasons, or ignored, and the account of all."""
