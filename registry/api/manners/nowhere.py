"""What is at an address of the interface that leads nowhere?"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from registry.api.manners.problems import no_such_address


@csrf_exempt
def nowhere(request: HttpRequest) -> JsonResponse:
    """A problem document, as everywhere here."""
    return JsonResponse(no_such_address(), status=404, content_type="application/problem+json")
