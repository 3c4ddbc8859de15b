"""Does the interface keep what its schema promises, whatever is asked?

Each operation is asked with what its schema allows and with what it does not; every check of
schemathesis looks at the answers. The last test follows links from answer to question.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.devices import Speaker

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"
OPERATIONS = [
    (method, path)
    for path, operations in yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))["paths"].items()
    for method in operations
]
BOUNDED = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


NOTHING_TO_GET_WRONG = ("get", "/api/v1/board")
# A wrong recording in a batch is answered in its own result: it spoils none of the others.
ANSWERED_INSIDE = ("post", "/api/v1/recordings/batch")
QUESTIONS = [
    pytest.param(mode, *operation, id=f"{mode.value} {operation[0]} {operation[1].removeprefix('/api/v1/')}")
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode == GenerationMode.POSITIVE or operation != NOTHING_TO_GET_WRONG
]


@pytest.mark.parametrize(("mode", "method", "path"), QUESTIONS)
def test_every_operation_keeps_its_schema(
    api_schema: Any, device: Speaker, mode: Any, method: str, path: str
) -> None:
    operation = api_schema[path][method]
    left_out = [negative_data_rejection] if (method, path) == ANSWERED_INSIDE else []

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(headers={"Authorization": f"Device {device.key}"}, excluded_checks=left_out)

    ask()


def test_every_link_leads_on(api_schema: Any, device: Speaker) -> None:
    machine = api_schema.as_state_machine()

    class Walk(machine):  # type: ignore[misc,valid-type]
        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Device {device.key}"}}

    run_state_machine_as_test(Walk, settings=settings(BOUNDED, max_examples=10, stateful_step_count=6))
