"""How does the web server write its log? Through the same mask as everything else.

gunicorn has handlers of its own, and a request that fails is named there with its whole address.
"""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from ektp_project.logs import Formatter


class WebLog(Logger):  # type: ignore[misc]
    """gunicorn's log with the office's lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(Formatter())
