# SPDX-License-Identifier: Apache-2.0
# What a plan would do, from `terraform show -json`, without what must not be shown: sensitive values never pass. Destroys first.
#   [{address, action, attributes: [{path, before, after, forces_replacement}]}]

def redacted($sensitive):
  if $sensitive == true then "(sensitive)"
  elif type == "object" then
    with_entries(.key as $key | .value |= redacted(if ($sensitive | type) == "object" then $sensitive[$key] else null end))
  elif type == "array" then
    [range(length) as $i | .[$i] | redacted(if ($sensitive | type) == "array" then $sensitive[$i] else null end)]
  else . end;

def has_unknown: [.. | select(. == true)] | length > 0;

def with_unknown($unknown):
  if $unknown == true then "(known after apply)"
  elif ($unknown | type) == "object" and (. == null or type == "object") then
    reduce ($unknown | to_entries[] | select(.value | has_unknown)) as $entry (. // {}; .[$entry.key] |= with_unknown($entry.value))
  elif ($unknown | type) == "array" and (. == null or type == "array") then
    reduce range($unknown | length) as $i (. // []; if ($unknown[$i] | has_unknown) then .[$i] |= with_unknown($unknown[$i]) else . end)
  else . end;

# Policies and definitions are JSON in a string: taken apart, so that what changes in them is seen.
def opened: walk(if type == "string" and test("^\\s*[\\[{]") then (try fromjson catch .) else . end);

def is_leaf: (type != "object" and type != "array") or length == 0;
def path_text: map(if type == "number" then "[\(.)]" else ".\(.)" end) | join("") | ltrimstr(".");
def secret_name: test("password|secret|token|private_?key"; "i");
def leaves: . as $all | [paths(is_leaf)] | map({key: path_text, value: (. as $p | $all | getpath($p))})
  | map(if (.key | secret_name) and .value != null then .value = "(sensitive)" else . end) | from_entries;
def cut: if type == "string" and length > 300 then "\(.[0:300])… (\(length) characters)" else . end;

# Of what is made anew, what is not known yet and what is empty says nothing.
def is_telling: . != null and . != "(known after apply)" and . != [] and . != {} and . != "";

def attributes:
  . as $change
  | ((.before | redacted($change.before_sensitive) | opened) // {} | leaves) as $before
  | ((.after | redacted($change.after_sensitive) | with_unknown($change.after_unknown) | opened) // {} | leaves) as $after
  | [($change.replace_paths // [])[] | path_text] as $forcing
  | ($before + $after | keys) | map(. as $path
    | select($before[$path] != $after[$path] and ($change.before != null or ($after[$path] | is_telling)))
    | {path: $path, before: ($before[$path] | cut), after: ($after[$path] | cut)}
      + (if any($forcing[]; . as $head | $path == $head or ($path | startswith($head + ".") or startswith($head + "["))) then {forces_replacement: true} else {} end));

def action:
  if . == ["delete"] then "delete" elif . == ["create"] then "create" elif . == ["update"] then "update"
  elif contains(["create", "delete"]) then "replace" else join("+") end;

def order: {delete: 0, replace: 1, update: 2, create: 3}[.] // 4;

[.resource_changes[]? | select(.change.actions != ["no-op"] and .change.actions != ["read"])
  | {address, action: (.change.actions | action), attributes: (.change | if .actions == ["delete"] then [] else attributes end)}]
+ [.output_changes // {} | to_entries[] | select(.value.actions != ["no-op"])
  | {address: "output.\(.key)", action: "output", attributes: (.value | {before, after, before_sensitive, after_sensitive, after_unknown}
    | .before |= {value: .} | .after |= {value: .} | .before_sensitive |= {value: .} | .after_sensitive |= {value: .} | .after_unknown |= {value: .}
    | attributes)}]
| sort_by([(.action | order), .address])
