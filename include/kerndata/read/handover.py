"""Names under which parent and child leave things for each other, in a folder made for the reading of one file."""

JOB, READY, MANIFEST, MESSAGES = "job.json", "ready", "reading.json", "stderr"
