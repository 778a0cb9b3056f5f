"""How a sender's files look: the model of ``sources/<source>.toml``, one file a group of keys."""
