"""A release: what is built of one commit, told by digests, signed, and put where it is deployed from."""
