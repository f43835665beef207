"""One module per page, each with `show(view)`; the order and the addresses stand in links.py."""
