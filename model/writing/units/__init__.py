"""Single units of a network: what each follows in a text, and writing without some of them."""
