"""Speed, measured against a floor and against what else one could use: `make bench`.

    server       an API of invented leads, in a process of its own, faster than whoever asks it
    floor        the least that this work takes: threads, msgspec, Arrow, MERGE
    contestants  product, floor, dlt's rest_api, Singer, PyAirbyte: commands, and how to read back
    environments of the competitors: installed from PyPI, pinned, none of it in ours
    measured     one command, waited for: CPU of it and its children, memory, what the server saw
    rounds       A B C A B C …, and ratios taken within a round
    scenarios    one for each goal
    results      lines of JSON in benchmarks/results
    page         docs/speed.md, its tables drawn from them

A run whose rows are not those of the server is no result, however fast it was. Seconds mean
nothing on another machine, and little on this one an hour later: what is compared ran side by side.
"""
