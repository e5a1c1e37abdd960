"""The embedded stack, the sample deliveries and the counterpart endpoints of the demo and the tests."""
