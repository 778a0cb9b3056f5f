"""What `analytics doctor` asks of AWS: one file a service. How a question is put is in `asking`."""
