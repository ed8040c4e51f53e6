"""What each key does, and what keys have changed since the launch."""
