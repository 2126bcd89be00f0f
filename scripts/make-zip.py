#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-zip.py BOOTSTRAP OUT.zip: a Lambda package whose bytes depend on nothing but the binary's: fixed time, mode and order."""
import sys
import zipfile

binary, out = sys.argv[1:3]
entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
entry.compress_type = zipfile.ZIP_DEFLATED
entry.create_system = 3  # Unix: the mode below counts
entry.external_attr = 0o100755 << 16
with open(binary, "rb") as f, zipfile.ZipFile(out, "w") as z:
    z.writestr(entry, f.read(), compresslevel=9)
