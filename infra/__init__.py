"""The platform on AWS as code: one AWS CDK app. What is deployed stands in `stacks`, its checks in `checks`."""
