"""Archives that the slim container and the Lambda functions are made of: built reproducibly, put once."""
