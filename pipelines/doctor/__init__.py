"""`doctor`: what would keep a run from doing its work, found without changing anything.

    machine      versions, place, disk, lock, the file and every block of it
    hooks        who is told when a run ends badly
    people       what is hidden, and whether the warehouse fits it
    workspaces   keys, who they open, plan, clock, sub-workspaces, scopes table by table

Every finding says what to do. Nothing is written, no lock is taken and no dlt folder is made: a
doctor who stands in the way of the next run is none. What a run would find out anyway is asked of
the same functions, so the two cannot disagree.
"""

from pipelines.doctor.examination import Examination, examine
from pipelines.doctor.finding import Finding, Level, TableAccess
from pipelines.doctor.formats import as_json, print_findings

__all__ = [
    "Examination",
    "Finding",
    "Level",
    "TableAccess",
    "as_json",
    "examine",
    "print_findings",
]
