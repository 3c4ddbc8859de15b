"""Under which names are the static files served? Under names that change with what is in them."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Hashed, also where one JavaScript module imports another: a kiosk keeps them for long."""

    support_js_module_import_aggregation = True
