"""What pages and API read: versions that never change."""
