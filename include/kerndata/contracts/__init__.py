"""What a dataset must look like (ODCS 3.1), and the code lists."""
