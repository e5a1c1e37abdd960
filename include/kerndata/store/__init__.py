"""S3 access: conditional writes, checksums, keys."""
