"""The outbox at work: how fast, how it scales, and what becomes of notices when receivers and senders fail."""
