"""Speed and memory of the platform beside a peer in the same run. Nothing here is asserted by a test."""
