"""An emulation of CloudFormation on this machine, and how templates are deployed into it."""
