"""The platform on AWS as code, a CDK app. What is deployed stands in `stacks`, its checks in `checks`."""
