"""The handbook: the documentation as a site that needs no network.

    dbt_project ── dbt docs ──> dbt.html, manifest     ──> project.py ──> dictionary.py, diagram.py
    README, docs/ ─────────────────────────────────────────────────────> pages.py
                                                                            │
                                       site/  <── Zensical, strict ── one folder of Markdown

What the marts are stands once, in their yml; the dictionary and the diagram are made of what dbt
read there. The pages are the ones of the repository, with their links turned to the site's.

Zensical, because the other generators of its kind have no maintainers left. The diagram is drawn
when the site is built: drawn in the browser, it would need a library from somewhere.
"""
