"""Programs that deploy to a cloud: run by a worker under the wrapper, as any command is.

Each stands alone: it knows no database, reads its secrets from its environment, prints its log,
and ends with 0 only when the cloud says that it runs the commit.
"""

from __future__ import annotations
