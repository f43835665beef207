"""Leads: by far the largest table, so the one with rooms of its own.

plan        which leads are worth asking for; decisions only
ranges      the list of all leads in ranges of ids, side by side
walk        lists of leads from cursor to cursor, several side by side
pages       a page as an Arrow table, without a dictionary per lead
variables   chosen custom variables as columns
sieve       what of it is new or says something new
reader      all of it, for one workspace
"""

from sources.instantly.reading.leads.variables import twins

__all__ = ["twins"]
