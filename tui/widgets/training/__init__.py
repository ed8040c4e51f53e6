"""The training pane and what it shows: numbers, bars, the chart of the loss, the log."""
