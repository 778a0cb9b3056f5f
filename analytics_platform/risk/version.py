"""Version of the risk model: it changes whenever the same inputs would give other numbers."""

MODEL_VERSION = "3"
