"""Where text comes from: files, folders, addresses, standard input and the named corpora."""
