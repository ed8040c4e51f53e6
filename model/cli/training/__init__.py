"""The commands that train, alone or with other processes, and that steer a training."""
