"""Frozen value types shared by every room of the library; imports nothing of ours."""
