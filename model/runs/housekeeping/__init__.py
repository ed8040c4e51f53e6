"""What is done with whole runs: they are summed up, renamed, deleted and exported."""
