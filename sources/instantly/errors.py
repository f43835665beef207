"""What can go wrong between us and the API, as one family of exceptions.

Each carries the exit code of the command contract and reads as one line: what happened, at which
operation, what to do. The API's error texts differ for the same cause (quirk A3), and an answer
of the edge looks like a missing scope (quirk A1), so the kind of an error is decided from the
status and the shape of the answer, never from its wording.

    InstantlyError
    ├── KeyRefused        401   the key is missing, invalid or revoked
    ├── PlanRequired      402   the workspace, or a feature, needs a paid plan
    ├── ScopeMissing      403   JSON: the key may not read this
    ├── EdgeBlocked       403   not JSON: the request never reached the API
    ├── NotFound          404   gone, or no such route
    ├── RequestRefused    4xx   the API did not accept what we asked
    ├── RateLimited       429   for longer than we were told to wait
    ├── Unreachable       5xx, no connection, no answer in time
    ├── Unfinished        a table was read in good order, but not to its end
    │   └── Paused        so that what was read can be published; the same run goes on
    ├── OutOfContract     an answer that is not what the API documents
    ├── SuspiciouslyShort      a listing lost most of its rows at once
    ├── WrongWorkspace    the key opens another workspace than it used to
    ├── UnknownWorkspace  a sub-workspace was named that the key may not act on
    ├── UnknownTable      a table was asked for that does not exist
    ├── UnknownColumn     a column was named that does not exist, or not for this
    └── Cancelled         the run was asked to stop
"""


class InstantlyError(Exception):
    """Base of the family; `str()` is one line for a person."""

    exit_code = 1


class KeyRefused(InstantlyError):
    """401: nothing can be read with this key."""

    exit_code = 2


class PlanRequired(InstantlyError):
    """402: not a case for a retry (quirk A4)."""


class ScopeMissing(InstantlyError):
    """403 with a JSON body: the key lacks the scope of an operation (quirk A5)."""

    exit_code = 2


class EdgeBlocked(InstantlyError):
    """403 without a JSON body: Cloudflare refused the request (quirk A1)."""


class NotFound(InstantlyError):
    """404: the row is gone, or the route does not exist; the API answers both alike (quirk A8)."""


class RequestRefused(InstantlyError):
    """Another 4xx: our request does not fit the API."""


class RateLimited(InstantlyError):
    """429 until the time for retries was used up."""


class Unreachable(InstantlyError):
    """No usable answer within the time for retries."""


class Unfinished(InstantlyError):
    """Reading a table stopped before its end; what was read counts, and the next run goes on."""


class Paused(Unfinished):
    """Reading stops here for a moment: what was read is published, and then read on from."""


class OutOfContract(InstantlyError):
    """The API answered, but not with what it documents; loading it would lose rows silently."""

    exit_code = 5


class SuspiciouslyShort(InstantlyError):
    """A complete listing lacks so many rows that closing them needs a person's word."""

    exit_code = 5


class WrongWorkspace(InstantlyError):
    """The key opens another workspace than the one this name stands for in the warehouse."""

    exit_code = 2


class UnknownWorkspace(InstantlyError):
    """A sub-workspace was named that the key may not act on."""

    exit_code = 2


class UnknownTable(InstantlyError):
    """A table or tier was named that the endpoint table does not have."""

    exit_code = 2


class UnknownColumn(InstantlyError):
    """A column was named that its table does not have, or that cannot be treated as asked."""

    exit_code = 2


class Cancelled(InstantlyError):
    """The run was told to stop while a request was waiting."""
