"""Language models: networks, training, writing, runs, and the command line. Never imports the screen."""
