"""What AWS calls: state machines and the functions that they order. Dagster's side is in `defs/triggers`."""
