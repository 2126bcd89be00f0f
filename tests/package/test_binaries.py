# SPDX-License-Identifier: Apache-2.0
"""What lies in the zips: one static, hardened binary without paths of the machine that built it, and only what a function can use."""
import pathlib
import re
import subprocess
import zipfile

import pytest
from packages import ROOT

# Calls that no function makes and no library needs for them: other programs, shells, unsafe texts, accounts.
NEVER = """system popen fork vfork execve execv execvp execl execlp posix_spawn posix_spawnp wordexp gets tmpnam tempnam mktemp tmpfile
getpass getlogin crypt syslog""".split()
# The server's libraries, another client, mail and time stamps: none belongs here.
UNUSED = """xmlParseMemory jpeg_CreateDecompress curl_easy_init sqlite3_open MHD_start_daemon seccomp_load TessBaseAPICreate yaml_parser_initialize
zip_open CMS_verify TS_RESP_verify_response OSSL_CMP_CTX_new""".split()


@pytest.fixture(scope="session")
def tool(package):
    def run(name, *arguments):
        return subprocess.run([package.tools + name, *map(str, arguments)], check=True, capture_output=True, text=True).stdout
    return run


@pytest.fixture(scope="session")
def bootstrap(package, tmp_path_factory):
    """The file in the zip."""
    return package.extract(tmp_path_factory.mktemp("zip"))


@pytest.fixture(scope="session")
def symbols(tool, package):
    """{name: type} of the same binary before its symbols are removed."""
    lines = (line.split() for line in tool("nm", package.with_symbols).splitlines())
    return {parts[-1]: parts[-2] for parts in lines}


def test_zip(package, bootstrap):
    assert package.archive.stat().st_size <= 2_500_000
    with zipfile.ZipFile(package.archive) as z:
        entry, = z.infolist()
        assert (entry.filename, entry.date_time, entry.external_attr >> 16) == ("bootstrap", (1980, 1, 1, 0, 0, 0), 0o100755)


def test_fully_static(tool, bootstrap, symbols):
    segments, dynamic = tool("readelf", "-lW", bootstrap), tool("readelf", "-dW", bootstrap)
    assert "INTERP" not in segments and "NEEDED" not in dynamic and "RUNPATH" not in dynamic and "RPATH" not in dynamic
    assert [name for name, kind in symbols.items() if kind == "U"] == []


def test_hardened(tool, bootstrap, package, symbols):
    header, segments, dynamic = (tool("readelf", option, bootstrap) for option in ("-hW", "-lW", "-dW"))
    assert re.search(r"Type:\s+DYN", header) and "PIE" in dynamic  # loaded at a random address
    assert "GNU_RELRO" in segments and "BIND_NOW" in dynamic  # nothing to overwrite in tables of addresses
    assert re.search(r"GNU_STACK.* RW ", segments) and not re.search(r"LOAD.* RWE ", segments)  # nothing both written and run
    assert {"__stack_chk_fail", "__memcpy_chk"} <= set(symbols)
    code = tool("objdump", "-d", "--no-show-raw-insn", package.with_symbols)
    assert code.count("<__stack_chk_fail>") > 500


def test_stripped_of_names_and_paths(tool, bootstrap):
    content = bootstrap.read_bytes()
    assert "no symbols" in subprocess.run(["nm", bootstrap], capture_output=True, text=True).stderr
    assert ".comment" not in tool("readelf", "-SW", bootstrap)
    for path in (str(ROOT), str(pathlib.Path.home()) + "/", "/home/", "/build/", "src/http/", "functions/"):
        assert path.encode() not in content, path


def test_nothing_that_no_function_can_use(symbols):
    assert [name for name in NEVER + UNUSED if name in symbols] == []
