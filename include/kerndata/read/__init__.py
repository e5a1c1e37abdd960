"""Files to text cells: one module per format, run in a child process with limits."""
