"""The threads behind the screen: they train or follow a training, and write. They alone use the model's machinery."""
