"""What runs in the process of the command itself, started as `python -m chaos.inside … -- run …`.

    effects   counts what the command does to the disk, and dies in front of the n-th thing
    clock     a machine whose clock is wrong
    mutants   the product with one of its safeguards taken out

The product has no hook for any of this. Python announces every file that is opened for writing,
renamed or removed (`sys.addaudithook`), and DuckDB's connection is a class whose methods can be
wrapped; that is enough to stand behind the command and see every side effect it has. This is the
one place outside the tests that imports the product without being part of it.
"""
