"""What a person or a scheduler starts: the commands, their settings, and the swap they end in.

    cli ──> run ──> swap: lock, draft ──> sync (sources) ──> transform (dbt) ──> publish
     └────> status, report: short read-only looks at the published file

This room alone knows where the warehouse is, and it is the only one that may import both `sources`
and `transforms`, which know nothing of each other.
"""
