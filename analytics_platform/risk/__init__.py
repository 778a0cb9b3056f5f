"""Pure risk calculations: prices, curves, scenarios, measures. No files, no databases, no Dagster."""
