"""What is done with whole runs: they are summed up, compared, renamed, deleted and exported."""
