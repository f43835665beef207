"""`notify`: a command or a web address hears of runs that somebody should know of.

    how the run ended ─────┐
    what the file says now ┴─> Event ─> NOTIFY_COMMAND (JSON on stdin)
      (aftermath)                    └> NOTIFY_URL     (POST)

Told is after the run, of a file that stands or was left alone; what goes wrong in telling is a line
of warning and never the exit code of the run. A general event bus, several targets and templates
were refused: a command can do all of that, and nobody has to learn it here.

What cannot be told: a run that was killed (SIGKILL, no memory, no power) has no last word, and one
whose settings name nobody has nobody. `instantly.sync_status` growing old is the sign of both, so
let what watches the machine watch that, too.
"""

from pipelines.notify.notifier import Notifier, notifier_for

__all__ = ["Notifier", "notifier_for"]
