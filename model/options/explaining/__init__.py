"""What words on the screen, options and errors mean: texts as plain data, how they are looked up, and sentences."""
