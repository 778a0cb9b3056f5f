"""The cloud side on one machine: emulated AWS over HTTP, and tasks of ECS as processes."""
