"""What learns and writes: a character-level LSTM, its training loop and its sampler. Never imports the screen."""
