"""The texts in files of many formats: archives, web pages, books, documents, notebooks and tables, a reader each."""
