"""What readers see: the published extract and the pages."""
