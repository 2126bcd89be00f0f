# SPDX-License-Identifier: Apache-2.0
"""As much of GitHub's REST API as ci/ asks: one repository on a free port of loopback, whose state a test sets and reads."""
import http.server
import json
import os
import pathlib
import re
import subprocess
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPOSITORY = "example/gleaner"
TOKEN = "ghs_not-to-be-shown"
BOT = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}


class GitHub:
    def __init__(self):
        self.branches = {}      # name -> {"commit": sha, "protected": bool}
        self.environments = {}  # name -> its rules
        self.policies = {}      # environment -> [branch policy]
        self.runs = {}          # id -> run
        self.approvals = {}     # run id -> [approval]
        self.issues = {}        # number -> issue
        self.comments = {}      # id -> comment, with its issue's number
        self.requests = []      # (method, path) in order
        self.broken = None      # a status that every request is answered with
        self.numbers = iter(range(1000, 10 ** 6))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def script(self, name, *arguments, text="", **environment):
        """ci/<name>, as a step of a workflow runs it."""
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": REPOSITORY,
               "GITHUB_TOKEN": TOKEN, "NO_PROXY": "127.0.0.1", **environment}
        done = subprocess.run([str(ROOT / "ci" / name), *arguments], input=text, env=env, capture_output=True, text=True, timeout=60)
        assert TOKEN not in done.stdout + done.stderr
        return done

    def writes(self):
        return [(method, path) for method, path in self.requests if method != "GET"]

    # ---- answers ----

    def add_comment(self, number, body, user=BOT):
        made = next(self.numbers)
        self.comments[made] = {"id": made, "issue": number, "body": body, "user": user, "html_url": f"{self.url}/comment/{made}"}
        return self.comments[made]

    def add_issue(self, title, body, user=BOT, state="open", **more):
        made = next(self.numbers)
        self.issues[made] = {"number": made, "title": title, "body": body, "user": user, "state": state,
                             "html_url": f"{self.url}/issue/{made}", **more}
        return self.issues[made]

    def _answer(self, method, path, query, body):
        """The answer's object, or None for 404."""
        for pattern, answer in (
                (r"GET environments/([^/]+)", lambda name: self.environments.get(name)),
                (r"GET environments/([^/]+)/deployment-branch-policies", lambda name: self._policies(name)),
                (r"GET branches/([^/]+)", lambda name: self.branches.get(name)),
                (r"GET git/ref/heads/([^/]+)", lambda name: self._ref(name)),
                (r"GET actions/runs/(\d+)", lambda run: self.runs.get(run)),
                (r"GET actions/runs/(\d+)/approvals", lambda run: self.approvals.get(run, []) if run in self.runs else None),
                (r"GET issues/(\d+)/comments", lambda n: self._page([c for c in self.comments.values() if c["issue"] == int(n)], query)),
                (r"POST issues/(\d+)/comments", lambda n: self.add_comment(int(n), body["body"])),
                (r"PATCH issues/comments/(\d+)", lambda n: self._change(self.comments, n, body)),
                (r"GET issues", lambda: self._page([i for i in self.issues.values() if self._wanted(i, query)], query)),
                (r"POST issues", lambda: self.add_issue(body["title"], body["body"])),
                (r"PATCH issues/(\d+)", lambda n: self._change(self.issues, n, body))):
            match = re.fullmatch(pattern, f"{method} {path}")
            if match:
                return answer(*match.groups())
        return None

    def _ref(self, name):
        return {"object": {"sha": self.branches[name]["commit"]}} if name in self.branches else None

    def _policies(self, name):
        found = self.policies.get(name, [])
        return {"total_count": len(found), "branch_policies": found} if name in self.environments else None

    @staticmethod
    def _wanted(issue, query):
        return query.get("state", ["open"])[0] in ("all", issue["state"]) and query.get("creator", [issue["user"]["login"]])[0] == issue["user"]["login"]

    @staticmethod
    def _page(items, query):
        size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
        return items[(page - 1) * size:page * size]

    @staticmethod
    def _change(things, key, changes):
        if int(key) not in things:
            return None
        things[int(key)].update(changes)
        return things[int(key)]

    def _handler(github):
        class Handler(http.server.BaseHTTPRequestHandler):
            def _any(self):
                url = urllib.parse.urlsplit(self.path)
                prefix = f"/repos/{REPOSITORY}/"
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
                github.requests.append((self.command, url.path.removeprefix(prefix)))
                if github.broken:
                    return self._send(github.broken, {"message": "Something is wrong here"})
                if self.headers["Authorization"] != f"Bearer {TOKEN}" or not self.headers["X-GitHub-Api-Version"]:
                    return self._send(401, {"message": "Bad credentials"})
                if not url.path.startswith(prefix):
                    return self._send(404, {"message": "Not Found"})
                answer = github._answer(self.command, url.path[len(prefix):], urllib.parse.parse_qs(url.query), body)
                return self._send(*((200, answer) if answer is not None else (404, {"message": "Not Found"})))

            do_GET = do_POST = do_PATCH = _any

            def _send(self, status, answer):
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass
        return Handler
