# SPDX-License-Identifier: Apache-2.0
"""Both roots on one bare server: infra/bootstrap, and infra/live/local with its state in the bucket that bootstrap makes.

They are applied at the same time, since nearly all of it is waiting inside the provider: live/local begins as soon as the state
bucket is there, which is seconds after bootstrap began.
"""
import concurrent.futures
import os
import pathlib
import shutil
import time
import zipfile

import terraform

GITHUB = {"owner": "example", "owner_id": 11, "repository": "gleaner", "repository_id": 22}
BOOTSTRAP = {"environment": "local", "force_destroy": True, "github": GITHUB}


def built_package(server_binary):
    """The functions' zip of the build under test: beside the functions where those are named, else beside the server."""
    functions = os.environ.get("GLEANER_FUNCTIONS")
    folder = pathlib.Path(functions).parent if functions else pathlib.Path(server_binary).parent / "functions"
    return folder / "bootstrap.zip"


class Deployment:
    def __init__(self, server, package, scratch):
        self.server = server
        self.scratch = scratch
        self.tree = terraform.copy_tree(scratch / "deployment")
        self.package = scratch / "package.zip"
        shutil.copy(package, self.package)
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        self.bootstrap = self.root("bootstrap", BOOTSTRAP)
        self.live = self.root("live/local", {"package": str(self.package)})

    def root(self, name, variables, tree=None):
        env = {key: value for key, value in self.server.cli_env().items() if key.startswith("AWS_")}
        return terraform.Terraform((tree or self.tree) / "infra" / name, self.scratch, env, variables)

    def in_background(self, function, *arguments):
        return self.pool.submit(function, *arguments)

    # ---- bootstrap ----

    def apply_bootstrap(self):
        self.bootstrap.init()
        return self.bootstrap.apply()

    @property
    def state_bucket(self):
        return f"gleaner-local-state-{self.server.account}-{self.server.region}"

    def wait_for_state_bucket(self, bootstrap, seconds=120):
        s3 = self.server.client("s3")
        end = time.monotonic() + seconds
        while not any(bucket["Name"] == self.state_bucket for bucket in s3.list_buckets()["Buckets"]):
            if bootstrap.done():
                bootstrap.result()
            assert time.monotonic() < end, f"bootstrap made no state bucket within {seconds} s"
            time.sleep(0.2)

    # ---- live/local ----

    def init_live(self, root=None):
        (root or self.live).init(f"-backend-config=bucket={self.state_bucket}", f"-backend-config=region={self.server.region}",
                                 "-backend-config=use_path_style=true")

    def second_checkout(self):
        """The same root, in a folder of its own: another person's."""
        root = self.root("live/local", self.live.variables, terraform.copy_tree(self.scratch / "second"))
        self.init_live(root)
        return root

    def lock_object(self):
        s3 = self.server.client("s3")
        found = s3.list_objects_v2(Bucket=self.state_bucket, Prefix="local/").get("Contents", [])
        return next((item["Key"] for item in found if item["Key"].endswith(".tflock")), None)

    def wait_for_lock(self, process, seconds=60):
        end = time.monotonic() + seconds
        while not self.lock_object():
            assert process.poll() is None and time.monotonic() < end, "apply took no lock"
            time.sleep(0.1)

    # ---- changes ----

    def change_package(self):
        """Other bytes, the same program: a comment in the archive."""
        with zipfile.ZipFile(self.package, "a") as archive:
            archive.comment = b"a new version"

    def change_definition(self):
        path = self.tree / "pipeline" / "state-machine.asl.json"
        text = path.read_text()
        changed = text.replace('"Comment": "', '"Comment": "A new version. ', 1)
        assert changed != text
        path.write_text(changed)
