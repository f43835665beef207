"""Bad nights, drawn by lot, and whether the warehouse is right in the morning.

    (seed, number) ─draw─> Schedule ─play─> the real command, as a process ──> warehouse, a file
                                              │ against                            │ or a database
                                              ▼                                    ▼
                                           sandbox  ──asked naively──> truth ─compare─> Finding

A schedule is a list of steps: runs that meet faults, are killed, told to stop, started twice,
starved of disk, left by their server; time and changes in between; a backup put back. Then every
fault is lifted and one clean run must make the warehouse equal to the source, field by field. The
six promises that are checked on the way stand in docs/reliability.md.

The product is a program here. Nothing outside `chaos.inside` imports it, nothing in it knows that
it is watched: `chaos.inside` is a way to start the same command that counts what it does to the
disk and dies in front of the n-th thing, or that carries a mutant, a fault of our own that the
judge must find. Mocks of the network and hand-written crash points were refused: what a library
does between two of our lines is where the bodies were found.
"""
