"""The commands that use a trained run's weights: write, odds and score."""
