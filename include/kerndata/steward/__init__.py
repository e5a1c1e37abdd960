"""What a province's data steward runs on their own machine: check a file, get a template, draft a mapping."""
