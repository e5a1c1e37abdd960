"""Writers, metadata and the pointer that makes a release visible."""
