"""sweep_rows() of the Python package against the command."""
import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import bitbalance

ROOT = pathlib.Path(__file__).resolve().parents[2]
LENET = ROOT / "scenarios/lenet.yaml"


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


if __name__ == "__main__":
    unittest.main()
