"""What may the kiosk's pages load, run and reach? Themselves; and no script that is not a file of ours."""

from __future__ import annotations

from csp.constants import NONE, SELF
from csp.decorators import csp
from django_permissions_policy.decorators import permissions_policy_override

strict_content = csp(
    {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the QR of a receipt
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["kiosk"],  # one, for the address of the service worker
    }
)

# A service worker obeys the policy of its own file. It fetches what the pages are made of.
strict_worker = csp({"default-src": [NONE], "connect-src": [SELF]})

camera_only = permissions_policy_override(
    {
        "camera": ["self"],
        "accelerometer": [],
        "geolocation": [],
        "gyroscope": [],
        "magnetometer": [],
        "microphone": [],
        "payment": [],
        "usb": [],
    }
)
