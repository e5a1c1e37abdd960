"""The outbox, its channels and the delivery rules."""
