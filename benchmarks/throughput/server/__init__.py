"""An API of invented leads that costs next to nothing: what is measured is who asks it.

    python -m benchmarks.throughput.server --leads 100000 --latency 0.08 --rate 100 --port 0

    workspace ─┬─ leads      2 kB each, written before the first request; a page is a slice of them
               └─ campaigns  their counts by day, step and variant
    api          path and body → bytes
    http         sockets, limits, latency, control

The sandbox stands for the API in tests: it has every entity, faults and time, and needs some 10 ms
for a page of leads. Here is what `sync` asks for leads and reports, in the same shapes, with a page
of a hundred leads for 0.2 ms of CPU. No code of the product and none of the sandbox is in it.
Everything in it is invented: `.example` addresses, names that are numbers.

Control, on the same port, without a key:

    GET    /control/counts   requests and refused (429) in all and by operation, first and last time
    DELETE /control/counts   begin to count again
    GET    /control/truth    by workspace: its key, leads, their checksum, campaign-days with mail
    POST   /control/change   {"leads": 0.01, "days": 0.0}: so many change; says how many did
"""
