"""Sample deliveries: real figures, written the way twelve provinces each might write them."""
