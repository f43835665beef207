"""The few styles of our own: tables, badges, marked differences.

Colours are mixed from the text's own (`currentColor`), so that dark and light need no second set;
the four levels and the two marks differ in sign, weight or line as well as in colour.
"""

STYLE = """
<style>
.stMainBlockContainer { padding-top: 3.2rem; max-width: 80rem; }
.wide { overflow-x: auto; margin-bottom: .5rem; container-type: inline-size; }
.wide:focus-visible { outline: 2px solid #0072B2; }
.wide table { border-collapse: collapse; width: 100%; font-size: .92rem; }
.wide th { text-align: left; font-weight: 600; opacity: .75; white-space: nowrap; }
.wide th, .wide td {
  padding: .35rem .7rem .35rem 0; vertical-align: baseline;
  border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent);
}
.wide .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide .short { white-space: nowrap; }
.wide td.words { min-width: 3rem; overflow-wrap: break-word; }
.wide td.words:has(a) { min-width: 9rem; }
.wide a { color: inherit; text-decoration: underline; text-underline-offset: .15em; }
.wide a:focus-visible { outline: 2px solid #0072B2; }
.note { opacity: .75; font-size: .85em; white-space: nowrap; }
.dense .note { display: block; }
.aligned table { table-layout: fixed; }
.aligned th:nth-child(1) { width: 8rem; }
.aligned th:nth-child(2) { width: 27%; }
.aligned th:nth-child(3) { width: 3rem; }
.badge {
  display: inline-block; min-width: 4.1em; padding: 0 .5em; border-radius: .6em; font-size: .82em;
  border: 1px solid currentColor; text-align: center; white-space: nowrap;
}
.badge.act { background: #B34E00; color: #fff; border-color: #B34E00; font-weight: 600; }
.badge.act::before { content: "! "; }
.badge.won { background: #0072B2; color: #fff; border-color: #0072B2; font-weight: 600; }
.badge.won::before { content: "★ "; }
.badge.look { border: 2px solid #E69F00; }
.badge.look::before { content: "? "; }
.badge.fine { border-color: #009E73; }
.badge.fine::before { content: "✓ "; }
.badge.quiet { border-style: dotted; opacity: .7; }
.mail {
  white-space: pre-wrap; overflow-wrap: anywhere; padding: .7rem .9rem; border-radius: .5rem;
  border: 1px solid color-mix(in srgb, currentColor 20%, transparent);
}
.mail .subject { font-weight: 600; display: block; margin-bottom: .5rem; }
.mail del { background: color-mix(in srgb, #D55E00 25%, transparent); }
.mail ins { background: color-mix(in srgb, #0072B2 25%, transparent); }
.verdict { font-size: 1.05rem; margin: .2rem 0 .4rem; }
.floor { display: grid; grid-template-columns: auto 1fr auto; gap: .2rem .7rem;
  align-items: center; }
.floor progress { width: 100%; height: .5rem; border: 0; border-radius: .25rem; appearance: none;
  background: color-mix(in srgb, currentColor 15%, transparent); overflow: hidden; }
.floor progress::-webkit-progress-bar { background: transparent; }
.floor progress::-webkit-progress-value { background: #0072B2; }
.floor progress::-moz-progress-bar { background: #0072B2; }
.stMain h2 { font-size: 1.6rem; padding: .5rem 0 .2rem; }
.stHtml h3 { font-size: 1.25rem; padding: 0; }
.wide th:last-child, .wide td:last-child { padding-right: 0; }
.stMain [data-testid=stCaptionContainer] { color: inherit; opacity: .75; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.small { opacity: .75; font-size: .85em; margin: .2rem 0 0; }
@container (max-width: 48rem) { .wide .number .note { display: block; } }
@container (max-width: 34rem) {
  .wide table, .wide tbody { display: block; }
  .wide thead { position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%); }
  .wide tr { display: flex; flex-wrap: wrap; gap: .1rem .9rem; align-items: baseline;
    padding: .6rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
  .wide td { border: 0; padding: 0; }
  .wide td:empty { display: none; }
  .wide td.words { flex: 1 1 100%; }
  .wide td.words:has(a) { flex: 1 1 60%; }
  .wide td.number::before, .wide td.short:not(:has(.badge))::before {
    content: attr(data-head) " "; opacity: .65; font-size: .85em; }
}
</style>
"""
