"""What else one could copy leads with: a script each, run by an environment of its own.

`<name>.txt` beside the script is that environment to the last package. Each script is what a
user of that tool would write for `POST /leads/list`, with the fastest setting its manual offers,
save `rest_api.py --as-installed`. One list over the whole workspace is asked for, not one for each
campaign: at no latency that costs every one of them least.
"""
