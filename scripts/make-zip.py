#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-zip.py STRIP BOOTSTRAP OUT.zip: a Lambda package whose bytes depend on nothing but the binary's: fixed time, mode and order. The
binary goes in without its symbols; STRIP is the tool that removes them."""
import pathlib
import subprocess
import sys
import zipfile

strip, binary, out = sys.argv[1:4]
stripped = pathlib.Path(out + ".stripped")
subprocess.run([strip, "--strip-all", "--remove-section=.comment", "-o", stripped, binary], check=True)
entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
entry.compress_type = zipfile.ZIP_DEFLATED
entry.create_system = 3  # Unix: the mode below counts
entry.external_attr = 0o100755 << 16
with zipfile.ZipFile(out, "w") as z:
    z.writestr(entry, stripped.read_bytes(), compresslevel=9)
stripped.unlink()
