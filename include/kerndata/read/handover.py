"""The names under which the reader's child leaves its work for the parent, in a folder made for one file."""

READY, MANIFEST, MESSAGES = "ready", "reading.json", "stderr"
