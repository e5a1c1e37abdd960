"""One YAML per province, and the schema that refuses unknown keys."""
