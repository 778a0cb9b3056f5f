"""The sample that the demo runs on: public data, what is made of it, and the builder. No product code."""
