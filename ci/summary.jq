# SPDX-License-Identifier: Apache-2.0
# A plan for people, as Markdown: {manifest, changes} in. Texts come from the plan, so none may end the code block it stands in.

def sign: {delete: "-", replace: "±", update: "~", create: "+"}[.] // " ";
def quiet: gsub("`"; "'") | gsub("[\\r\\n]+"; " ");
def shown: if . == null then "(none)" elif . == "(sensitive)" or . == "(known after apply)" then . else tojson end | quiet;
def line:
  if .before == null then "+     \(.path | quiet) = \(.after | shown)"
  elif .after == null then "-     \(.path | quiet) = \(.before | shown)"
  else "!     \(.path | quiet): \(.before | shown) → \(.after | shown)" end
  + (if .forces_replacement then "  # forces replacement" else "" end);
def block: "\(.action | if . == "delete" or . == "replace" then "-" elif . == "create" then "+" else "!" end) \(.action) \(.address | quiet)",
  (.attributes[] | line);
def count($action; $many): .manifest.counts[$action] | "\(.) \($many)";

"<!-- gleaner-plan:\(.manifest.environment) -->",
"### Plan for \(.manifest.environment)",
"",
(if .manifest.has_changes then
  "**\(count("delete"; "to destroy")), \(count("replace"; "to replace")), \(count("update"; "to change")), \(count("create"; "to create"))**"
 else "**No changes**: what is there is what commit \(.manifest.commit[0:12]) describes." end),
"",
(if .manifest.counts.delete + .manifest.counts.replace > 0 then
  "> [!CAUTION]", "> Destroyed or replaced: \([.changes[] | select(.action == "delete" or .action == "replace") | .address | quiet] | join(", "))", "" else empty end),
"| what | SHA-256 |", "|---|---|",
(if .manifest.plan then "| plan file (**this is what is approved**) | `\(.manifest.plan.sha256)` |",
  "| its JSON without the time | `\(.manifest.plan.json_sha256)` |" else empty end),
(.manifest.packages | to_entries[] | "| package \(.key) | `\(.value)` |"),
"| provider lock file | `\(.manifest.lock_sha256)` |",
"",
"Commit `\(.manifest.commit)`, run `\(.manifest.run_id)`, Terraform \(.manifest.terraform | quiet).",
(if .changes | length > 0 then
  "", "<details open><summary>Changes, destroys first; sensitive values are left out</summary>", "", "```diff", (.changes[] | block), "```", "", "</details>"
 else empty end)
