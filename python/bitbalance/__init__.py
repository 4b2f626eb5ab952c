"""The Bit-balance accelerator from Python: design points, runs, quantization, results of sweeps.

A scenario is a YAML file, an ONNX file, or a mapping with the same keys (docs/scenarios.md). Settings are a mapping
of dotted keys to values, and win over the scenario: {"accelerator.rows": 16}. A mistake in them is a ValueError with
the text that the command would print.
"""
import collections.abc as _abc
import contextlib as _contextlib
import csv as _csv
import decimal as _decimal
import json as _json
import math as _math
import numbers as _numbers
import operator as _operator
import os as _os
import pathlib as _pathlib
import shutil as _shutil
import signal as _signal
import sqlite3 as _sqlite3
import subprocess as _subprocess
import tempfile as _tempfile

from . import _module

__all__ = ["Run", "evaluate", "quantize", "run", "sweep_rows"]


def _plain(value):
    """What json knows in place of a path, of numpy's numbers and arrays, and of other sequences."""
    if isinstance(value, _os.PathLike):
        return _os.fspath(value)
    if isinstance(value, _abc.Mapping):
        return dict(value)
    if hasattr(value, "item") and not getattr(value, "ndim", 0):
        kind = getattr(getattr(value, "dtype", None), "kind", "O")  # as numpy calls it
        if kind == "f":
            return float(str(value))  # as short as it was given
        if kind in "biuUO":
            return value.item()
    elif isinstance(value, _abc.Iterable) and not isinstance(value, (bytes, bytearray)):
        return list(value)
    raise ValueError(f"{value!r}; accepted: a number, a text, a path, a list or a mapping of them")


def _check_utf8(text, place, what):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        shown = place.encode("utf-8", "backslashreplace").decode()
        raise ValueError(f"{shown}: {what} not UTF-8; accepted: UTF-8") from None


def _file_name(place):
    name = _os.fsdecode(place)
    _check_utf8(name, name, "a name that is")
    if "\0" in name:
        raise ValueError(f"{name!r}: NUL in a name; accepted: a name without NUL")
    return name


def _texts(settings, prefix=""):
    """Each leaf of nested mappings as "path.to.key=value"."""
    for key, value in settings.items():
        if isinstance(value, _abc.Mapping):
            yield from _texts(value, f"{prefix}{key}.")
        else:
            try:
                text = f"{prefix}{key}={_json.dumps(value, ensure_ascii=False, default=_plain)}"
            except ValueError as error:
                raise ValueError(f"{prefix}{key}: {error}") from None
            _check_utf8(text, f"{prefix}{key}", "bytes that are")
            yield text


def _settings(name, given):
    """The mapping's leaves as texts; errors call it by `name`."""
    if not isinstance(given, _abc.Mapping):
        raise ValueError(f"{name}: {given!r}; accepted: a mapping")
    try:
        return list(_texts(given))
    except RecursionError:
        raise ValueError(f"{name}: contains itself; accepted: a mapping with an end") from None


def _given(scenario, settings):
    """The scenario's file ("" for none), and all settings as texts."""
    over = _settings("settings", {} if settings is None else settings)
    if isinstance(scenario, _abc.Mapping):
        return "", ["name=scenario", *_settings("scenario", scenario), *over]
    if not isinstance(scenario, (str, bytes, _os.PathLike)):
        raise ValueError(f"scenario: {scenario!r}; accepted: a file, or a mapping")
    return _file_name(scenario), over


def evaluate(scenario, settings=None):
    """Cycles, energy and area of a scenario at level `analytic`, in this process.

    Returns the fields of summary.json as a dict (docs/results.md): `cycles`, `frames_per_s`, `layers` and so on;
    with a technology `energy_j_per_frame` (J) and `area_mm2` (mm2). Equal to a run at `tlm` or `rtl` but for what
    needs data: no accuracy, nothing compared. Other threads of Python run meanwhile. Each call quantizes the network
    anew, unless the setting `network.quantized` gives it. Raises ValueError for a mistake in the scenario, or a network
    that the accelerator cannot execute.
    """
    return _json.loads(_module.evaluate(*_given(scenario, settings)))


class Run:
    """What a run left: `summary` (dict), `layers` (a dict of texts per layer) and `output` (the command's table)."""

    def __init__(self, folder, output):
        self.summary = _json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        with (folder / "layers.csv").open(encoding="utf-8", newline="") as file:
            self.layers = list(_csv.DictReader(file))
        self.output = output

    @property
    def passed(self):
        """Whether every compared element equals the golden model's, and no cycle is unaccounted for."""
        return self.summary["verdict"] == "pass"


_ANSWER_SECONDS = 30  # for a command to tell its version


def _last_line(errors, code):
    """Of a command's stderr, else its exit code."""
    return errors.rstrip("\n").rpartition("\n")[2] or f"exit code {code}"


def _command():
    """Where the command is. If the variable BITBALANCE is set, it alone decides."""
    accepted = "accepted: the command bitbalance in PATH, or named by the variable BITBALANCE"
    named = _os.environ.get("BITBALANCE")
    built = _pathlib.Path(__file__).resolve().parents[2] / "bitbalance"
    place = named or (str(built) if built.is_file() else _shutil.which("bitbalance"))
    if not place:
        raise FileNotFoundError(f"the command bitbalance: not found; {accepted}")
    try:
        wrong = ""
        end = _subprocess.run([place, "--version"], stdin=_subprocess.DEVNULL, capture_output=True, check=False,
                              encoding="utf-8", errors="backslashreplace", timeout=_ANSWER_SECONDS)
        if end.returncode != 0:
            wrong = _last_line(end.stderr, end.returncode)
        elif not end.stdout.startswith("bitbalance "):
            wrong = "another program"
    except OSError as error:
        wrong = error.strerror
    except _subprocess.TimeoutExpired:
        wrong = f"no answer after {_ANSWER_SECONDS} s"
    if wrong:
        raise FileNotFoundError(f"{'BITBALANCE: ' if named else ''}{place}: {wrong}; {accepted}")
    return place


def _ended(words):
    """Exit code, stdout and stderr of a command. An exception, as of Ctrl-C, first lets it put its things away."""
    with _subprocess.Popen(words, stdout=_subprocess.PIPE, stderr=_subprocess.PIPE, encoding="utf-8",
                           errors="backslashreplace") as child:
        try:
            output, errors = child.communicate()
        except BaseException:
            child.terminate()
            child.communicate()
            raise
    return child.returncode, output, errors


def run(scenario, settings=None, *, level=None, out=None):
    """Runs a scenario with its data at `level` ("tlm" or "rtl"; "analytic" too) in a process of its own.

    `level` wins over the setting `run.level`. None: that of the settings or of a mapping, else "tlm"; a file's does
    not count.
    `out`: folder that keeps the results; None: they are gone afterwards, but for what the Run holds. A run whose
    outputs are wrong is returned, with `passed` False. Ctrl-C ends the process, too, and leaves nothing behind. SIGTERM
    does so only where the program makes an exception of it: signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)).
    Raises ValueError for a mistake in the scenario, RuntimeError when this machine refuses (disk, memory),
    FileNotFoundError without the command.
    """
    file, texts = _given(scenario, settings)
    with _tempfile.TemporaryDirectory() as scratch:
        folder = _pathlib.Path(_file_name(out) if out is not None else f"{scratch}/run")
        if not file:  # the settings are all there is
            file = f"{scratch}/scenario.yaml"
            _pathlib.Path(file).write_text("{}\n", encoding="utf-8")
        words = [_command(), "run", f"--out={folder}"]
        words += ["--set=run.level=tlm"] if level is None else [f"--level={level}"]
        words += [f"--set={text}" for text in texts] + ["--", file]  # of two settings the last one wins
        code, output, errors = _ended(words)
        if code in (0, 1):
            return Run(folder, output)
    text = _last_line(errors, code).removeprefix("bitbalance: ").removeprefix("--set ")
    if code == 2:
        raise ValueError(text)
    if code - 128 == _signal.SIGINT or -code == _signal.SIGINT:
        raise KeyboardInterrupt
    raise RuntimeError(text)


def _whole(name, value, low, high):
    if not isinstance(value, bool) and str(getattr(value, "dtype", "")) != "bool":
        try:
            number = _operator.index(value)
            if low <= number <= high:
                return number
        except TypeError:
            pass
    raise ValueError(f"{name}: {value!r}; accepted: a whole number from {low} to {high}")


def _real_numbers(weights):
    """Weights as an array of numpy's own numbers."""
    import numpy  # the rest of the package does without
    try:
        given = numpy.asarray(weights)
        if given.dtype.kind == "O":
            foreign = [type(value).__name__ for value in given.flat
                       if not isinstance(value, (_numbers.Real, _decimal.Decimal))]
            if foreign:
                raise ValueError(foreign[0])
            given = given.astype(numpy.float64)
    except (ValueError, OverflowError) as error:  # a ragged list, an integer of many digits
        raise ValueError(f"weights: {error}; accepted: an array of real numbers") from error
    if given.dtype.kind not in "biuf":
        raise ValueError(f"weights: {given.dtype}; accepted: an array of real numbers")
    return given


def _single_precision(weights):
    """Weights as float32, of the same shape. In each filter they are right to 16 bits of the largest magnitude."""
    import numpy
    given = _real_numbers(weights)
    given = given.astype(numpy.result_type(given.dtype, numpy.float32), copy=False)
    with numpy.errstate(over="ignore", under="ignore", invalid="ignore"):
        single = given.astype(numpy.float32)
        inside = tuple(range(1, given.ndim))  # of a filter
        largest = numpy.abs(given).max(axis=inside, initial=0)
        wrong = numpy.flatnonzero(numpy.abs(single - given).max(axis=inside, initial=0) > largest / 2**16)
    if wrong.size:
        raise ValueError(f"weights: filter {wrong[0]}: float32 cannot hold it; accepted: a largest magnitude of "
                         "4.6e-41 to 3.4e+38, or zeros")
    return single


def quantize(weights, *, nnzb=3, weight_bits=8, token_form="binary", scale_search=True):
    """Rounds filters to integers of at most `nnzb` non-zero bits.

    `weights`: real numbers of shape (filters, ...), taken in single precision. `weight_bits`: 2 to 16, `nnzb`: 1 to
    weight_bits - 1. `token_form`: "binary", or "signed_digit" for canonical signed digits. `scale_search`: for each
    filter the best of some 40 scales by squared error, which is not always the least (docs/quantization.md,
    Scales); False: largest magnitude / (2^(weight_bits - 1) - 1), whatever nnzb. Where nnzb is too small for that
    integer, the largest weights saturate.

    Returns (integers, scales): int16 of the same shape, and float64 of shape (filters,). A weight stands for
    integer * scale of its filter. Method `nearest` of docs/quantization.md. Raises ValueError.
    """
    forms = _module.token_forms
    if not isinstance(token_form, str) or token_form not in forms:
        raise ValueError(f"token_form: {token_form!r}; accepted: {', '.join(forms)}")
    weight_bits = _whole("weight_bits", weight_bits, 2, 16)
    nnzb = _whole("nnzb", nnzb, 1, weight_bits - 1)
    if getattr(scale_search, "ndim", 0) or scale_search not in (True, False):
        raise ValueError(f"scale_search: {scale_search!r}; accepted: True, False")
    return _module.quantize(_single_precision(weights), weight_bits, nnzb, forms.index(token_form),
                            bool(scale_search))


_SWEEP = 0x42425357  # application_id of a sweep's database
_SWEEP_SCHEMA = 1


def _value(text):
    try:
        value = _json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (int, float)) and abs(value) < _math.inf else text


def _row(stored):
    row = dict(stored)
    try:
        settings = {key: _value(text) for key, text in _json.loads(row.pop("settings")).items()}
    except (ValueError, AttributeError, KeyError, TypeError):
        raise _sqlite3.DataError("settings that are no JSON object of texts") from None
    columns = frozenset(row)
    row.update({f"settings.{key}" if key in columns else key: value for key, value in settings.items()})
    return row


def sweep_rows(database):
    """The results in a sweep's database (docs/sweep.md), a dict for each: pandas.DataFrame(sweep_rows(file)).

    What the point gave the keys that vary is under those keys. A key that is the name of another column has
    "settings." ahead: "settings.network", because `network` is the model's name. A text that is a number, true or
    false is that in Python, whatever the key. Figures that do not exist are None. What a killed sweep had begun is
    undone first. Raises ValueError for a file that is no such database, cannot be opened or is in use by a sweep,
    RuntimeError when this machine refuses (disk), FileNotFoundError for none.
    """
    file = _pathlib.Path(_file_name(database))

    def refusal(what, accepted="a file that bitbalance sweep wrote"):
        return ValueError(f"{file}: {what}; accepted: {accepted}")

    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file; accepted: a file that bitbalance sweep wrote")
    try:
        # SQLite must write to undo what a killed sweep had begun.
        connection = _sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True, timeout=1)
        with _contextlib.closing(connection):
            connection.row_factory = _sqlite3.Row
            if connection.execute("PRAGMA application_id").fetchone()[0] != _SWEEP:
                raise refusal("a database of another program")
            schema = connection.execute("PRAGMA user_version").fetchone()[0]
            if schema != _SWEEP_SCHEMA:
                raise refusal(f"schema {schema}")
            return [_row(row) for row in connection.execute("SELECT * FROM result ORDER BY key")]
    except _sqlite3.DatabaseError as error:
        text = str(error)
        if "is locked" in text:
            raise refusal("in use by another program", "when that has ended, or another file") from error
        if "not a database" in text:
            raise refusal("no database") from error
        if "unable to open" in text:
            raise refusal(text, "a file that can be read") from error
        if "readonly" in text:
            raise refusal("left by a killed sweep; what it had begun must be undone",
                          "a file that can be written") from error
        if isinstance(error, _sqlite3.OperationalError) and not text.startswith("no such "):  # table or column
            raise RuntimeError(f"{file}: {text}") from error
        raise refusal(f"damaged ({text})") from error
