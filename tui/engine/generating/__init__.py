"""What writes for the writer: the model behind a protocol, and where random seeds come from."""
