"""How long tests wait for what must happen, so that a slow or busy machine does not fail them."""

PATIENCE = 60.0
"""Seconds that a busy machine may take for what happens at once on a quiet one. No test that passes waits so long."""
