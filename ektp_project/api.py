"""Which addresses do kiosks, stations and followers know? Version 1, only ever added to."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from printing.api.applications import ApplicationsView
from printing.api.board import BoardView
from printing.api.lookups import StatusLookupsView
from printing.api.pickups import ConfirmationsView, PickupsView
from printing.api.recordings import BatchView, RecordingsView
from registry.api.devices import DeviceEnrolmentView, DeviceKeyView, DeviceView
from registry.api.events import EventsView
from registry.api.files import FileView, RecordingView
from registry.api.webhooks import WebhooksView, WebhookView
from registry.models.biometric import Kind


class KindConverter(StringConverter):
    """The files of a recording, by their names."""

    regex = "|".join(Kind.values)


register_converter(KindConverter, "kind")

urlpatterns = [
    path("recordings", RecordingsView.as_view()),
    path("status-lookups", StatusLookupsView.as_view()),
    path("board", BoardView.as_view()),
    path("device-enrolments", DeviceEnrolmentView.as_view()),
    path("device", DeviceView.as_view()),
    path("device-keys", DeviceKeyView.as_view()),
    path("recordings/batch", BatchView.as_view()),
    path("recordings/<uuid:recording_id>", RecordingView.as_view()),
    path("recordings/<uuid:recording_id>/files/<kind:kind>", FileView.as_view()),
    path("card-requests", ApplicationsView.as_view()),
    path("confirmations", ConfirmationsView.as_view()),
    path("pickups", PickupsView.as_view()),
    path("events", EventsView.as_view()),
    path("webhooks", WebhooksView.as_view()),
    path("webhooks/<uuid:webhook_id>", WebhookView.as_view()),
]
