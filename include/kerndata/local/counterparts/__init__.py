"""Receivers for the demo and the tests, written from the standards and not from our own senders."""
