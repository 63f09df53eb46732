"""What `make check-cuda` says where there is no GPU."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).with_name("check.py")


class WithoutGpu(unittest.TestCase):
    def test_it_ends_in_words_with_exit_code_2_and_leaves_no_file(self):
        with tempfile.TemporaryDirectory() as folder:
            for more in [[], ["--find"]]:
                # A search path without nvidia-smi.
                command = [sys.executable, str(CHECK), "--out", f"{folder}/out.json", *more]
                ended = subprocess.run(command, env={"PATH": folder}, capture_output=True, text=True, check=False)
                self.assertEqual(ended.returncode, 2, ended.stderr)
                self.assertIn("needs a GPU", ended.stderr)
                self.assertNotIn("Traceback", ended.stderr)
                self.assertEqual(list(Path(folder).iterdir()), [])


if __name__ == "__main__":
    unittest.main()
