"""What each word on the screen and each option means: the texts as plain data, and how they are looked up."""
