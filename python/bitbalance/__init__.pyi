import os
from collections.abc import Mapping
from typing import Any, Literal

import numpy
import numpy.typing

Scenario = str | os.PathLike[str] | Mapping[str, Any]
Settings = Mapping[str, Any]

def evaluate(scenario: Scenario, settings: Settings | None = ...) -> dict[str, Any]: ...

class Run:
    summary: dict[str, Any]
    layers: list[dict[str, str]]
    output: str
    @property
    def passed(self) -> bool: ...

def run(
    scenario: Scenario,
    settings: Settings | None = ...,
    *,
    level: Literal["analytic", "tlm", "rtl"] = ...,
    out: str | os.PathLike[str] | None = ...,
) -> Run: ...
def quantize(
    weights: numpy.typing.ArrayLike,
    *,
    nnzb: int = ...,
    weight_bits: int = ...,
    token_form: Literal["binary", "signed_digit"] = ...,
    scale_search: bool = ...,
) -> tuple[numpy.typing.NDArray[numpy.int16], numpy.typing.NDArray[numpy.float64]]: ...
def sweep_rows(database: str | os.PathLike[str]) -> list[dict[str, Any]]: ...
