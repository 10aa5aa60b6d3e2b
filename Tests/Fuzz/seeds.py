"""Writes a corpus to begin with into the folder that is given: a flag for each rule of the public suite and each flag
of the tests' documents, with its data as the context."""

import json
import pathlib
import sys

root = pathlib.Path(__file__).resolve().parent.parent
out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
documents = []
for case in json.loads((root / "FlagsTests/Fixtures/jsonlogic-compatible.json").read_text()):
    if isinstance(case, dict) and isinstance(case["rule"], dict):
        data = case.get("data") if isinstance(case.get("data"), dict) else {"data": case.get("data")}
        rule = {"if": [case["rule"], "on", "off"]}
        flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "targeting": rule}
        documents.append(({"flags": {"f": flag}}, data))
for name in ("otel-demo.flagd.json", "operators.flagd.json"):
    document = json.loads((root / "EndToEndTests/Fixtures" / name).read_text())
    rest = {key: value for key, value in document.items() if key != "flags"}
    for key, flag in document["flags"].items():
        documents.append(({**rest, "flags": {key: flag}}, {"targetingKey": "ann", "email": "ann@example.org"}))
for arguments in (
    {"fractional": [["on", 1], ["off", 99]]},
    {"fractional": [{"var": "email"}, [{"if": [{"var": "a"}, "on"]}, {"var": "weight"}]]},
    {"if": [{"sem_ver": [{"var": "version"}, ">=", "1.2.3-rc.1+b"]}, "on"]},
    {"if": [{"starts_with": [{"var": "email"}, "ann"]}, "on", {"ends_with": [{"var": "email"}, "org"]}, "off"]},
    {"if": [{"in_pilot": ["p", {"var": "targetingKey"}]}, {"$ref": "e"}]},
):
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "targeting": arguments}
    document = {"flags": {"f": flag}, "$evaluators": {"e": {"var": "pick"}}, "pilots": {"p": {"members": ["ann"]}}}
    documents.append((document, {"targetingKey": "ann", "email": "ann@example.org", "version": "1.2.3", "pick": "on"}))
on_off = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
groups = {
    "p": {"members": ["bob"], "rule": {"ends_with": [{"var": "email"}, ".org"]}, "percentage": 12.5, "exclude": ["ann"]},
    "q": {"percentage": 100},
    "r": {"rule": {"if": [{"==": [{"var": "plan"}, "gold"]}, True, {"fractional": [["yes", 1], ["", 1]]}]}},
}
for rollout in (
    {"variant": "on", "percentage": 5},
    {"variant": "on", "percentage": 33.33, "pilots": ["p", "r"], "exclude": {"users": ["eve"], "pilots": ["q"]}},
    {"variant": "on", "percentage": 50, "bucketBy": "company", "salt": "spring"},
    {"variant": "on", "ramp": {"from": 5, "to": 100, "start": 1799999000, "end": 1800007200}, "pilots": ["q"]},
    {"variant": "off", "ramp": {"from": 100, "to": 0.01, "start": 0, "end": 3}, "salt": "s"},
):
    flags = {
        "f": {**on_off, "offVariant": "off", "rollout": rollout},
        "g": {**on_off, "prerequisites": [{"flag": "f", "variant": "on"}, {"flag": "nowhere", "variant": "on"}]},
        "h": {
            **on_off, "prerequisites": [{"flag": "f", "variant": "on"}], "rollout": rollout,
            "targeting": {"if": [{"in_pilot": "r"}, "off", {"starts_with": [{"var": "email"}, "ann"]}, "on", None]},
        },
    }
    for context in ({"targetingKey": "ann", "email": "ann@example.org", "company": 7}, {"plan": "gold"}):
        documents.append(({"flags": flags, "pilots": groups}, context))
circle = {"a": {**on_off, "prerequisites": [{"flag": "b", "variant": "off"}]},
          "b": {**on_off, "prerequisites": [{"flag": "a", "variant": "off"}]}}
documents.append(({"flags": circle}, {"targetingKey": "ann"}))
for index, (document, context) in enumerate(documents):
    text = json.dumps(document, ensure_ascii=False).encode() + b"\0" + json.dumps(context, ensure_ascii=False).encode()
    (out / f"{index:03}").write_bytes(text)
