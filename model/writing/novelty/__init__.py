"""How new a written text is: stretches that are copied from the corpus, and texts that go round in circles."""
