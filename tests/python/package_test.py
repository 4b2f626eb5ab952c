"""The Python package against the command and against numpy."""
import ast
import contextlib
import decimal
import fractions
import inspect
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import typing
import unittest
import unittest.mock

import bitbalance
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
LENET = ROOT / "scenarios/lenet.yaml"
SMALL = {"accelerator.rows": 16, "network": {"count": 2}}


def tokens(integers, token_form):
    """Non-zero digits of each magnitude, the long way round."""
    def count(magnitude):
        if token_form == "binary":
            return bin(magnitude).count("1")
        digits = 0
        while magnitude:
            if magnitude & 1:
                magnitude -= 2 - (magnitude & 3)
                digits += 1
            magnitude >>= 1
        return digits
    return numpy.array([count(abs(int(value))) for value in integers.ravel()])


class Evaluate(unittest.TestCase):
    def test_equals_the_command(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "run"
            bitbalance.run(LENET, SMALL, level="analytic", out=out)
            written = json.loads((out / "summary.json").read_text())
        here = bitbalance.evaluate(LENET, SMALL)
        for summary in (here, written):
            summary.pop("host")  # times
        self.assertEqual(here, written)

    def test_takes_numbers_and_arrays_of_numpy(self):
        plain = {"accelerator.rows": 16, "memory.bytes_per_cycle": 12.8, "accelerator.allow_wrap": True,
                 "network": {"count": 2}, "quantization.layers": [{"pattern": "fc1", "nnzb": 2}]}
        arrays = {"accelerator.rows": numpy.int64(16), "memory.bytes_per_cycle": numpy.float32(12.8),
                  "accelerator.allow_wrap": numpy.bool_(True), "network": {"count": numpy.array(2)},
                  "quantization.layers": ({"pattern": numpy.str_("fc1"), "nnzb": numpy.uint8(2)},)}
        self.assertEqual(bitbalance.evaluate(LENET, arrays)["layers"], bitbalance.evaluate(LENET, plain)["layers"])
        shape = bitbalance.evaluate({"network.model": ROOT / "scenarios/networks/lenet.onnx"},
                                    {"network.input_shape": numpy.array([1, 1, 28, 28])})
        self.assertGreater(shape["cycles"], 0)

        class Foreign:
            """A number of another library."""
            def item(self):
                return 16
        self.assertEqual(bitbalance.evaluate(LENET, {"accelerator.rows": Foreign()})["cycles"],
                         bitbalance.evaluate(LENET, {"accelerator.rows": 16})["cycles"])
        with self.assertRaisesRegex(ValueError, "accelerator.rows: .*accepted: a number"):
            bitbalance.evaluate(LENET, {"accelerator.rows": object()})

    def test_settings_that_say_no_number_are_an_error(self):
        long = {"memory.bytes_per_cycle": numpy.longdouble("12.8")}
        self.assertEqual(bitbalance.evaluate(LENET, long)["cycles"],
                         bitbalance.evaluate(LENET, {"memory.bytes_per_cycle": 12.8})["cycles"])
        shape = {"network.input_shape": numpy.array([1, 1, 28, 28], numpy.longdouble)}
        with self.assertRaisesRegex(ValueError, "network.input_shape: "):  # 28.0 is no extent
            bitbalance.evaluate({"network.model": ROOT / "scenarios/networks/lenet.onnx"}, shape)
        endless = {}
        endless["accelerator"] = endless
        with self.assertRaisesRegex(ValueError, "contains itself"):
            bitbalance.evaluate(LENET, endless)
        with self.assertRaisesRegex(ValueError, "^accelerator.rows: Circular"):
            values = []
            values.append(values)
            bitbalance.evaluate(LENET, {"accelerator.rows": values})
        for value in (1 + 2j, numpy.complex64(1), numpy.clongdouble(1), numpy.datetime64(16, "ns"), b"16",
                      numpy.bytes_(b"16"), bytearray(b"16"), numpy.array([2j])):
            with self.subTest(value=value):
                with self.assertRaisesRegex(ValueError, "^accelerator.rows: .*accepted: a number, a text, "):
                    bitbalance.evaluate(LENET, {"accelerator.rows": value})
        for scenario, settings in ((5, None), (None, None), (LENET, [1]), (LENET, "accelerator.rows=8")):
            with self.subTest(scenario=scenario, settings=settings):
                with self.assertRaisesRegex(ValueError, "^(scenario|settings): .*; accepted: "):
                    bitbalance.evaluate(scenario, settings)

    def test_takes_mappings(self):
        scenario = {"network": {"builtin": "alexnet", "weight_scale": 1.0},
                    "accelerator": {"rows": 16, "dram": {"max_outstanding": 8}}}
        one = bitbalance.evaluate(scenario)
        self.assertEqual(one["cycles"], bitbalance.evaluate(scenario, {})["cycles"])
        self.assertNotEqual(one["cycles"], bitbalance.evaluate(scenario, {"accelerator.rows": 32})["cycles"])
        self.assertNotIn("area_mm2", one)

    def test_threads_get_the_same(self):
        found = []
        settings = [{"accelerator.rows": rows, "network.count": 1} for rows in (8, 16, 32, 64)]
        threads = [threading.Thread(target=lambda s=s: found.append((s["accelerator.rows"],
                                                                     bitbalance.evaluate(LENET, s)["cycles"])))
                   for s in settings]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alone = [(s["accelerator.rows"], bitbalance.evaluate(LENET, s)["cycles"]) for s in settings]
        self.assertEqual(sorted(found), alone)

    def test_errors_have_the_commands_text(self):
        for settings in ({"accelerator.rwos": 16}, {"accelerator.rows": 0}, {"memory.model": "no \"such\" one"},
                         {"accelerator.parameter_buffer_bytes": 64}):
            with self.subTest(settings=settings):
                with self.assertRaises(ValueError) as here:
                    bitbalance.evaluate(LENET, settings)
                with self.assertRaises(ValueError) as child:
                    bitbalance.run(LENET, settings, level="analytic")
                self.assertEqual(str(here.exception), str(child.exception))
        with self.assertRaisesRegex(ValueError, "missing.yaml"):
            bitbalance.evaluate("missing.yaml")


    def test_names_that_look_like_options_are_names(self):
        self.addCleanup(os.chdir, pathlib.Path.cwd())
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            for name in ("--dash.yaml", "-d.yaml"):
                pathlib.Path(name).write_text(f"include: {LENET}\n")
                run = bitbalance.run(name, level="analytic", out="--odd")
                self.assertEqual(run.summary["cycles"], bitbalance.evaluate(name)["cycles"])
                self.assertTrue(pathlib.Path("--odd/summary.json").is_file())
            self.both_refuse("--x: unknown key", LENET, {"--x": 1})

    def test_names_and_texts_that_are_no_text(self):
        self.both_refuse("a name that is not UTF-8; accepted: UTF-8", b"\xff.yaml")
        self.both_refuse("a name that is not UTF-8; accepted: UTF-8", "\udcff.yaml")
        self.both_refuse("a name that is not UTF-8; accepted: UTF-8", pathlib.Path("\udcff.yaml"))
        self.both_refuse("name: .* not UTF-8; accepted: UTF-8", LENET, {"name": "y\udc80"})
        self.both_refuse("accepted: a name without NUL", f"{LENET}\0")
        with self.assertRaisesRegex(ValueError, "a name that is not UTF-8; accepted: UTF-8"):
            bitbalance.run(LENET, level="analytic", out="\udcff")
        self.both_refuse(r"^nope\\u2028x.yaml: no such file", "nope\u2028x.yaml")
        self.assertEqual(bitbalance.evaluate(os.fsencode(LENET))["cycles"], bitbalance.evaluate(LENET)["cycles"])

    def both_refuse(self, text, scenario, settings=None):
        with self.assertRaisesRegex(ValueError, text) as here:
            bitbalance.evaluate(scenario, settings)
        with self.assertRaisesRegex(ValueError, text) as child:
            bitbalance.run(scenario, settings, level="analytic")
        self.assertEqual(str(here.exception), str(child.exception))


class RunInAProcess(unittest.TestCase):
    def test_levels_agree_but_for_what_needs_data(self):
        def without_data(summary):
            layers = [{key: value for key, value in layer.items() if key not in ("level", "output_elements")}
                      for layer in summary["layers"]]
            return {**{key: value for key, value in summary.items() if key not in ("level", "accuracy", "host")},
                    "layers": layers}
        here = bitbalance.evaluate(LENET, SMALL)
        cycles = here["cycles"]
        for level in ("tlm", "rtl"):
            run = bitbalance.run(str(LENET), SMALL, level=level)
            self.assertTrue(run.passed)
            self.assertEqual(without_data(run.summary), without_data(here))
            self.assertEqual(sum(int(layer["cycles"]) for layer in run.layers), cycles)
            self.assertIn("PASS", run.output)

    def test_the_variable_names_the_command_or_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            earlier = pathlib.Path(folder) / "earlier"
            bitbalance.run(LENET, level="analytic", out=earlier)
            plain = pathlib.Path(folder) / "plain"
            plain.write_text("")
            for place in ("/nonexistent", folder, str(plain), "/bin/true", "/bin/false", "/bin/echo"):
                for out in (None, earlier):
                    with self.subTest(place=place, out=out), unittest.mock.patch.dict(os.environ, BITBALANCE=place):
                        with self.assertRaisesRegex(FileNotFoundError, f"^BITBALANCE: {place}: .*; accepted: "):
                            bitbalance.run(LENET, level="analytic", out=out)

    def test_a_command_that_does_not_start_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            command = pathlib.Path(folder) / "bitbalance"
            for script, why in (("echo first >&2; echo 'libx.so: not found' >&2; exit 127", "libx.so: not found"),
                                ("echo bitbalance 9; echo broken >&2; exit 127", "broken"),
                                ("echo bitbalance 9; exit 3", "exit code 3"),
                                ("printf 'a\\377' >&2; exit 1", r"a\\xff"), ("echo warning >&2", "another program"),
                                ("exec sleep 1000", "no answer after 0.2 s")):
                command.write_text(f"#!/bin/sh\n{script}\n")
                command.chmod(0o755)
                with self.subTest(script=script), unittest.mock.patch.dict(os.environ, BITBALANCE=str(command)), \
                        unittest.mock.patch.object(bitbalance, "_ANSWER_SECONDS", 0.2 if "sleep" in script else 30):
                    with self.assertRaisesRegex(FileNotFoundError, f"^BITBALANCE: {command}: {why}; accepted: "):
                        bitbalance.run(LENET, level="analytic")

    def test_an_interrupt_leaves_nothing_behind(self):
        self.addCleanup(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)))
        for sent, raised in ((signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)):
            with self.subTest(sent=sent), tempfile.TemporaryDirectory() as folder:
                def interrupt():
                    while not (pathlib.Path(folder) / ".run.partial").exists():
                        time.sleep(0.01)
                    os.kill(os.getpid(), sent)
                threading.Thread(target=interrupt, daemon=True).start()
                with self.assertRaises(raised):
                    bitbalance.run(LENET, {"network.count": 5000}, level="rtl", out=pathlib.Path(folder) / "run")
                self.assertEqual(os.listdir(folder), [])

    def test_a_level_of_the_settings_wins_over_the_default(self):
        for scenario, settings in ((LENET, {"run.level": "analytic"}), (LENET, {"run": {"level": "analytic"}}),
                                   ({"network.builtin": "alexnet", "run.level": "analytic"}, None)):
            with self.subTest(scenario=scenario, settings=settings):
                self.assertEqual(bitbalance.run(scenario, settings).summary["level"], "analytic")
        self.assertEqual(bitbalance.run(LENET, SMALL).summary["level"], "tlm")
        both = bitbalance.run(LENET, {"run.level": "rtl"}, level="analytic")
        self.assertEqual(both.summary["level"], "analytic")

    def test_a_mapping_is_a_scenario(self):
        scenario = {"network": {"model": ROOT / "scenarios/networks/lenet.onnx", "count": 1}}
        run = bitbalance.run(scenario)
        self.assertTrue(run.passed)
        self.assertEqual(run.summary["scenario"], "scenario")
        self.assertEqual(bitbalance.evaluate(scenario)["scenario"], "scenario")
        named = {"name": "mine", **scenario}
        self.assertEqual(bitbalance.run(named, level="analytic").summary["scenario"], "mine")
        self.assertEqual(bitbalance.evaluate(named)["scenario"], "mine")


class Quantize(unittest.TestCase):
    def test_integers_keep_the_limit_and_are_the_nearest(self):
        draw = numpy.random.default_rng(1)
        for token_form in ("binary", "signed_digit"):
            for weight_bits, nnzb in ((8, 1), (8, 3), (8, 7), (4, 2), (16, 4)):
                with self.subTest(token_form=token_form, weight_bits=weight_bits, nnzb=nnzb):
                    weights = draw.normal(size=(5, 3, 2, 2)).astype(numpy.float32)
                    weights[3] = 0
                    integers, scales = bitbalance.quantize(weights, nnzb=nnzb, weight_bits=weight_bits,
                                                           token_form=token_form)
                    self.assertEqual((integers.shape, integers.dtype), (weights.shape, numpy.int16))
                    self.assertEqual((scales.shape, scales.dtype), ((5,), numpy.float64))
                    self.assertLessEqual(tokens(integers, token_form).max(), nnzb)
                    self.assertFalse(integers[3].any())
                    every = numpy.arange(2 ** (weight_bits - 1))
                    every = every[tokens(every, token_form) <= nnzb]
                    every = numpy.concatenate([-every[::-1], every])
                    for f in (0, 1, 2, 4):
                        error = numpy.abs(weights[f].ravel()[:, None] / scales[f] - every[None, :]).min(axis=1)
                        own = numpy.abs(weights[f].ravel() / scales[f] - integers[f].ravel())
                        numpy.testing.assert_allclose(own, error, rtol=0, atol=1e-9 * 2 ** weight_bits)

    def test_a_search_is_never_worse(self):
        weights = numpy.random.default_rng(2).normal(size=(20, 50))
        error = {}
        for search in (False, True):
            integers, scales = bitbalance.quantize(weights, nnzb=2, scale_search=search)
            error[search] = ((integers * scales[:, None] - weights) ** 2).sum(axis=1)
        self.assertTrue((error[True] <= error[False] * (1 + 1e-6)).all())
        self.assertLess(error[True].sum(), error[False].sum())

    def test_without_a_search_the_scale_is_that_of_the_bits(self):
        for nnzb, integers in ((1, [64, 64, -32, 16]), (3, [112, 64, -32, 13]), (7, [127, 64, -32, 13])):
            found, scales = bitbalance.quantize([[1, 0.505, -0.25, 0.1]], nnzb=nnzb, scale_search=False)
            self.assertEqual((found.tolist(), scales.tolist()), ([integers], [1 / 127]))

    def test_errors(self):
        one = numpy.ones((1, 1))
        for arguments, text in (({"nnzb": 8}, "nnzb"), ({"nnzb": 0}, "nnzb"), ({"weight_bits": 17}, "weight_bits"),
                                ({"token_form": "ternary"}, "accepted: binary, signed_digit")):
            with self.assertRaisesRegex(ValueError, text):
                bitbalance.quantize(one, **arguments)
        for weights in (numpy.float32(1), numpy.ones((0, 3)), numpy.array([[numpy.nan]])):
            with self.assertRaisesRegex(ValueError, "weights: "):
                bitbalance.quantize(weights)

    def test_a_number_that_is_no_whole_one_is_an_error(self):
        one = numpy.ones((1, 1))
        for name in ("nnzb", "weight_bits"):
            for value in (numpy.float32(2.9), numpy.float16(2.9), decimal.Decimal("2.9"), 3.0, "3", None, 2**40, True,
                          numpy.True_):
                with self.subTest(name=name, value=value):
                    with self.assertRaisesRegex(ValueError, f"^{name}: .*; accepted: a whole number from [12] to "):
                        bitbalance.quantize(one, **{name: value})
        for value in (None, "false", 2):
            with self.assertRaisesRegex(ValueError, f"^scale_search: {value!r}; accepted: True, False$"):
                bitbalance.quantize(one, scale_search=value)
        pair = numpy.array([True, False])
        with self.assertRaisesRegex(ValueError, r"^scale_search: array\(.*; accepted: True, False$"):
            bitbalance.quantize(one, scale_search=pair)
        with self.assertRaisesRegex(ValueError, r"^token_form: array\(.*; accepted: binary, "):
            bitbalance.quantize(one, token_form=numpy.array(["binary", "signed_digit"]))
        same = bitbalance.quantize(one, nnzb=numpy.uint8(2), weight_bits=numpy.int64(6), scale_search=numpy.False_)
        self.assertEqual(same, bitbalance.quantize(one, nnzb=2, weight_bits=6, scale_search=False))

    def test_weights_that_are_no_numbers_are_an_error(self):
        for weights in ([[1, 2], [3]], ([1.0] for _ in range(2)), [[1 + 2j]], [["1.5"]], [[None]], None,
                        numpy.zeros((1, 2), "datetime64[s]"), numpy.zeros((1, 2), [("a", "f4")]), [[10**400]],
                        *(numpy.array([[1, value]], object)
                          for value in (None, "1.5", b"1.5", 1j, numpy.complex64(1)))):
            with self.subTest(weights=weights):
                with self.assertRaisesRegex(ValueError, "^weights: .*; accepted: an array of real numbers$"):
                    bitbalance.quantize(weights)

        class Broken:
            def __array__(self, *_, **__):
                raise KeyError("its own")
        with self.assertRaisesRegex(KeyError, "its own"):
            bitbalance.quantize(Broken())

    def test_numbers_of_python_are_weights(self):
        numbers = [[1, -0.5], [decimal.Decimal("0.25"), fractions.Fraction(1, 8)], [2**70, True]]
        given, scales = bitbalance.quantize(numpy.array(numbers, object))
        same, same_scales = bitbalance.quantize([[1, -0.5], [0.25, 0.125], [2.0**70, 1.0]])
        self.assertEqual((given.tolist(), scales.tolist()), (same.tolist(), same_scales.tolist()))

    def test_weights_beyond_single_precision_are_an_error(self):
        for weights, wrong in (([[1e300, 1.0]], 0), ([[1.0], [-1e300]], 1), ([[1e-300, -2e-300]], 0),
                               ([[1.0], [0.0], [1e-42]], 2), ([[numpy.longdouble("1e-400")]], 0)):
            with self.subTest(weights=weights):
                with self.assertRaisesRegex(ValueError, f"^weights: filter {wrong}: .*; accepted: .* 4.6e-41 to 3.4e"):
                    bitbalance.quantize(weights)
        integers, _ = bitbalance.quantize([[1.0, 1e-300], [0, 0]])  # nothing beside the largest is lost
        self.assertEqual(integers[:, 1].tolist(), [0, 0])
        small = numpy.full((1, 2), 1e-42, numpy.float32)  # exactly what single precision holds
        self.assertTrue(bitbalance.quantize(small)[0].all())
        lowest = 2.0**-134  # single precision holds what is above to 16 bits
        near = lowest * (1 + numpy.random.default_rng(3).random((100, 3)))
        integers, scales = bitbalance.quantize(near, nnzb=14, weight_bits=15, scale_search=False)
        self.assertLess((numpy.abs(integers * scales[:, None] - near) / near).max(), 2.0**-13)
        least = numpy.array([[-2**63, 2**62]])
        self.assertEqual(bitbalance.quantize(least, scale_search=False)[0].tolist(), [[-112, 64]])


class Sweeps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.database = self.folder / "rows.sqlite"

    def sweep(self, space, *options):
        sweep = self.folder / "sweep.yaml"
        sweep.write_text(f"scenarios: {LENET}\nspace: {space}\n")
        subprocess.run([bitbalance._command(), "sweep", str(sweep), "--out", str(self.database), *options],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return bitbalance.sweep_rows(self.database)

    def changed(self, *statements):
        """The database, copied and changed."""
        copy = self.folder / "changed.sqlite"
        shutil.copy(self.database, copy)
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return copy

    def refused(self, database, text):
        with self.assertRaisesRegex(ValueError, f"^{database}: {text}; accepted: ") as caught:
            bitbalance.sweep_rows(database)
        self.assertNotIn("\n", str(caught.exception))

    def test_rows(self):
        rows = self.sweep("{accelerator.rows: [16, 32], accelerator.synchronization: [balanced, group_max]}")
        self.assertEqual(len(rows), 4)
        for row in rows:
            point = {key: row[key] for key in ("accelerator.rows", "accelerator.synchronization")}
            self.assertIsInstance(point["accelerator.rows"], int)
            self.assertEqual(row["cycles"], bitbalance.evaluate(LENET, point)["cycles"])
            self.assertIsNone(row["accuracy"])

    def test_a_section_that_varies_hides_no_column(self):
        model = ROOT / "scenarios/networks/lenet.onnx"
        (self.folder / "one.yaml").write_text(f"model: {model}\n")
        row, = self.sweep("{network: one.yaml}")
        self.assertEqual((row["settings.network"], row["network"]), ("one.yaml", "lenet"))

    def test_numbers_and_booleans_alone_are_no_texts(self):
        row, = self.sweep("{accelerator.allow_wrap: [false]}")
        self.assertIs(row["accelerator.allow_wrap"], False)
        names = ["16", "1.5", "true", "null", "NaN", "1e400", '"x"', "[1]", "false?"]
        for name, found in zip(names, (16, 1.5, True, *names[3:])):
            with self.subTest(name=name):
                settings = json.dumps({"name": name})
                row, = bitbalance.sweep_rows(self.changed(f"UPDATE result SET settings = '{settings}'"))
                self.assertEqual((row["name"], type(row["name"])), (found, type(found)))

    def test_what_is_no_sweeps_database_is_an_error(self):
        self.sweep("{accelerator.rows: 16}")
        self.refused(self.folder / "sweep.yaml", "no database")
        self.refused(self.changed("PRAGMA application_id = 1"), "a database of another program")
        self.refused(self.changed("PRAGMA user_version = 2"), "schema 2")
        self.refused(self.changed("ALTER TABLE result RENAME TO other"), "damaged .*")
        for settings in ("no JSON", "[1]", "1", '{"accelerator.rows": 16}'):
            with self.subTest(settings=settings):
                self.refused(self.changed(f"UPDATE result SET settings = '{settings}'"), "damaged .*")
        self.refused(self.changed("ALTER TABLE result DROP COLUMN settings"), "damaged .*")
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            self.refused(self.database, "in use by another program")
        with self.assertRaises(FileNotFoundError):
            bitbalance.sweep_rows(self.folder / "none.sqlite")

    def killed(self):
        """The database in a folder of its own, as a sweep that was killed while it wrote leaves it."""
        with contextlib.closing(sqlite3.connect(self.changed(), isolation_level=None)) as connection:
            connection.execute("PRAGMA cache_size = 1")  # spilled ahead of the commit
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE result SET message = hex(zeroblob(100000))")
            copy = self.folder / "killed" / "rows.sqlite"
            copy.parent.mkdir()
            for end in ("", "-journal"):
                shutil.copy(f"{self.folder / 'changed.sqlite'}{end}", f"{copy}{end}")
        return copy

    def test_what_a_killed_sweep_had_begun_is_undone(self):
        rows = self.sweep("{accelerator.rows: [16, 32]}")
        killed = self.killed()
        self.assertNotEqual(killed.read_bytes(), self.database.read_bytes())
        self.assertEqual(bitbalance.sweep_rows(killed), rows)

    def test_what_a_killed_sweep_had_begun_stays_in_a_file_that_is_not_writable(self):
        rows = self.sweep("{accelerator.rows: [16, 32]}")
        killed = self.killed()
        for file in (self.database, killed):
            file.chmod(0o444)
        if os.geteuid() == 0:  # may write everything
            self.folder.chmod(0o755)
            os.seteuid(65534)
            self.addCleanup(os.seteuid, 0)
        self.assertEqual(bitbalance.sweep_rows(self.database), rows)
        with self.assertRaisesRegex(ValueError, f"^{killed}: .*killed.*; accepted: a file that can be written$"):
            bitbalance.sweep_rows(killed)

    def test_what_the_machine_refuses_is_not_damaged(self):
        self.sweep("{accelerator.rows: 16}")
        unopened = self.changed("PRAGMA journal_mode = WAL")
        pathlib.Path(f"{unopened}-wal").mkdir()
        with self.assertRaisesRegex(ValueError, f"^{unopened}: unable to open .*; accepted: a file that can be "):
            bitbalance.sweep_rows(unopened)
        for file in (self.database, pathlib.Path("/proc/self/mem")):
            if file == self.database:
                pathlib.Path(f"{file}-journal").mkdir()
            with self.subTest(file=file), self.assertRaisesRegex(RuntimeError, f"^{file}: disk I/O error$"):
                bitbalance.sweep_rows(file)


class Stubs(unittest.TestCase):
    def setUp(self):
        self.stub = ast.parse((ROOT / "python/bitbalance/__init__.pyi").read_text()).body

    def test_public_names_are_those_of_the_package(self):
        names = []
        for node in self.stub:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.append(node.name)
            elif not isinstance(node, (ast.Import, ast.ImportFrom)):
                target, = node.targets
                names.append(target.id)
        self.assertEqual(sorted(name for name in names if not name.startswith("_")), sorted(bitbalance.__all__))
        for name in bitbalance.__all__:
            self.assertTrue(getattr(bitbalance, name).__doc__)

    def test_parameters_are_those_of_the_package(self):
        self.check_functions(self.stub, bitbalance)
        for node in self.stub:
            if isinstance(node, ast.ClassDef):
                given = getattr(bitbalance, node.name)
                self.check_functions(node.body, given)
                own = {name for name, value in vars(given).items() if callable(value) or isinstance(value, property)}
                self.assertEqual({entry.name for entry in node.body if isinstance(entry, ast.FunctionDef)}, own)

    def test_files_are_named_by_texts_bytes_and_paths(self):
        stub = {}
        exec((ROOT / "python/bitbalance/__init__.pyi").read_text(), stub)
        for function, parameter in (("evaluate", "scenario"), ("run", "scenario"), ("run", "out"),
                                    ("sweep_rows", "database")):
            with self.subTest(function=function, parameter=parameter):
                accepted = typing.get_args(stub[function].__annotations__[parameter])
                self.assertLessEqual({str, bytes, os.PathLike[str], os.PathLike[bytes]}, set(accepted))

    def check_functions(self, body, owner):
        for node in body:
            if isinstance(node, ast.FunctionDef):
                given = getattr(owner, node.name)
                function = given.fget if isinstance(given, property) else given
                written = [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
                self.assertEqual(list(inspect.signature(function).parameters), written)


if __name__ == "__main__":
    unittest.main()
