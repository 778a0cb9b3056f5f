select instrument_id, "delta", "tag" from lake.option_greeks
