"""What Step Functions ask for: requests with task tokens become runs, and are answered."""
