"""Getting a delivery: one module per protocol."""
