"""The child process that marks a province's file; imports as little as it can, because it starts for every copy."""
