"""The readers of formats: what is text in a web page, a book, a document, a notebook, a table."""
