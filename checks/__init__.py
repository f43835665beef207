"""Checks on what the project stands on, for `make check`: its packages' licences and known holes.

Not part of the product: nothing here is installed, and nothing of the product is imported.
"""
