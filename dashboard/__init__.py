"""The pages over the warehouse file: looked at, not only queried.

    instantly-warehouse dashboard ──> python -m dashboard <warehouse> ──> Streamlit, which runs
    server.py     the web server: addresses of the pages, and no other host, by policy
    app.py        one run of a page: choose, look, show; a missing file is a page too
    warehouse.py  a short read-only look per question, remembered until the file is another one
    filters.py    workspace, campaign, tag and period, and how they stand in the address bar
    queries.py    the questions, in SQL over the marts; what is chosen in conditions.py
    phrases.py    what a row means for the person who reads it, and how urgent that is
    words.py, tables.py, charts.py, copy_text.py    numbers, rows, days and texts as they look
    screens/      one module per page; Streamlit would take a folder called pages/ for its own

Read-only, and marts only: every number on a page is a column of a mart, or a sum of counts that add
up (docs/metrics.md). A rate is never computed here, so that page, report and SQL cannot disagree;
one that is null is unknown and shown as such, never as a zero.

What comes from the source is text: names, subjects and bodies are escaped wherever they are shown,
and the server's content policy would keep a browser from running or fetching anything all the same.
"""
