"""evaluate(), run() and the stub of the Python package against the command."""
import ast
import inspect
import json
import os
import pathlib
import signal
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
