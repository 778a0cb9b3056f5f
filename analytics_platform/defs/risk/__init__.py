"""The nonlinear step: thin assets over the pure functions of analytics_platform.risk."""
