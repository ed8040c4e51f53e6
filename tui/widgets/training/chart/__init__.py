"""The chart of the loss: what part of the run is drawn, its axes and its dots."""
