import os
import pathlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy
import numpy.typing

_File = str | bytes | os.PathLike[str] | os.PathLike[bytes]
_Scenario = _File | Mapping[str, Any]
_Settings = Mapping[str, Any]

def evaluate(scenario: _Scenario, settings: _Settings | None = ...) -> dict[str, Any]: ...

class Run:
    summary: dict[str, Any]
    layers: list[dict[str, str]]
    output: str
    def __init__(self, folder: pathlib.Path, output: str) -> None: ...
    @property
    def passed(self) -> bool: ...

def run(
    scenario: _Scenario,
    settings: _Settings | None = ...,
    *,
    level: Literal["analytic", "tlm", "rtl"] | None = ...,
    out: _File | None = ...,
) -> Run: ...
def quantize(
    weights: numpy.typing.ArrayLike,
    *,
    nnzb: int = ...,
    weight_bits: int = ...,
    token_form: Literal["binary", "signed_digit"] = ...,
    scale_search: bool = ...,
) -> tuple[numpy.typing.NDArray[numpy.int16], numpy.typing.NDArray[numpy.float64]]: ...
def sweep_rows(database: _File) -> list[dict[str, Any]]: ...
