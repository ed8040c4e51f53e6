"""The writer's thread: paces, drafts and streams of text on their way to the screen."""
