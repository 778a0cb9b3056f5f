"""What is checked of templates, workflows and images without an account: `python -m infra.checks`."""
