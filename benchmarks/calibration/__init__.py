"""Is the judgement right though people look at it every day? Measured, not argued.

    sandbox.simulate (lead by lead, mail by mail)      worlds.py
      -> 60 daily looks at each world                  looks.py
      -> who called what, and when                     rivals.py (other rules, on the same looks)
      -> a table in docs/judgement.md                  table.py

`python -m benchmarks.calibration --worlds 1000 --seed 1` makes the table; the same seed makes the
same table.
"""
